import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServerStore } from '../../src/store/server-store.ts';
import { AdminApp } from '../admin/app.ts';
import { contract } from '../admin/contract.ts';
import { holders } from '../admin/holders.ts';
import { keys } from '../admin/keys.ts';
import { roleWalk } from '../admin/roles.ts';
import { startPostgres, type PostgresServer } from '../support/services.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
let server: PostgresServer;
let app: AdminApp;
beforeAll(async () => {
  server = await startPostgres();
  app = await AdminApp.start(await ServerStore.open({ url: server.url, poolSize: 8, connectTimeoutMs: 5_000, log: silent }));
});
afterAll(async () => {
  await app.close();
  await server.stop();
});

contract(() => app);
roleWalk(() => app);
keys(() => app);
holders(() => app);

test('of many who want one alias at once, one gets it', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => app.post('/key/generate', { key_alias: 'contested' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 400)]);
});

test('a team that is deleted while keys are made for it leaves no key behind', async () => {
  for (let round = 0; round < 5; round++) {
    await app.do('/team/new', { team_id: `racing-${round}` });
    const making = Array.from({ length: 6 }, () => app.post('/key/generate', { team_id: `racing-${round}` }));
    const [deleted, ...made] = await Promise.all([app.post('/team/delete', { team_ids: [`racing-${round}`] }), ...making]);
    expect(deleted!.status).toBe(200);
    expect(made.every(({ status }) => status === 200 || status === 404)).toBe(true);
    expect((await app.get(`/key/list?team_id=racing-${round}`)).body.total_count).toBe(0);
  }
});

test('changes of one key at once are made one after the other', async () => {
  const { key, token } = await app.do('/key/generate', {});
  await Promise.all(Array.from({ length: 10 }, (_, at) => app.do('/key/update', { key, model_rpm_limit: { a: at } })));
  const { audit } = (await app.get(`/audit?entity_id=${token}&action=key.update`)).body;
  const chain = audit.map((row: { before: object; after: object }) => JSON.stringify([row.before, row.after]));
  expect(chain).toHaveLength(10);
  for (let at = 0; at + 1 < audit.length; at++) {
    expect(audit[at].before).toEqual(audit[at + 1].after);
  }
});
