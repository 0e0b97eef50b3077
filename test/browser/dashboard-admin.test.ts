import { randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { storedSpend } from '../../src/admin/services.ts';
import { SpendService } from '../../src/admin/spend-service.ts';
import type { Access } from '../../src/core/access.ts';
import type { SpendRow } from '../../src/core/spend.ts';
import { errorHeaders, GatewayError, toEnvelope, toGatewayError } from '../../src/errors.ts';
import { registerRoutes } from '../../src/http/route.ts';
import { adminRoutes } from '../../src/http/routes/admin.ts';
import { registerPages } from '../../src/http/routes/pages.ts';
import { spendRoutes } from '../../src/http/routes/spend.ts';
import { hashKey } from '../../src/keys/key-hash.ts';
import { spendRow } from '../../src/ledger/testing.ts';
import { LedgerWriter } from '../../src/store/ledger-writer.ts';
import type { Store } from '../../src/store/store.ts';
import { memoryStore } from '../../src/store/testing.ts';
import { buildPage } from './built-page.ts';
import { launchChromium } from './chromium.ts';
import { nowMs } from './fake-admin-data.ts';
import { DashboardPage } from './fake-admin-page.ts';

/** The routes of the admin API and of the reports, as they are, over a database in memory; keys are looked up without caches or limits. */
let app: FastifyInstance;
let store: Store;
let browser: Browser;
let ui: DashboardPage;
let url: string;

const nobody = { keyHash: null, keyAlias: null, keyName: null, userId: null, teamId: null };

async function accessOf(key: string): Promise<Partial<Access>> {
  if (key === 'sk-master') return { ...nobody, role: 'admin', isMaster: true };
  const row = await store.db.selectFrom('keys').selectAll().where('hash', '=', hashKey(key)).executeTakeFirst();
  if (row === undefined) throw new GatewayError('unauthorized', 'this key is not known here');
  const owner = { keyHash: row.hash, keyAlias: row.alias, keyName: row.name, userId: row.user_id, teamId: row.team_id };
  return { ...owner, role: 'user', isMaster: false };
}

beforeAll(async () => {
  const [pageFolder, opened, launched] = await Promise.all([buildPage(), memoryStore(), launchChromium()]);
  [store, browser] = [opened, launched];
  const now = () => nowMs;
  app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.decorateRequest('access');
  app.addHook('onRequest', async (request) => {
    const key = request.headers.authorization?.replace('Bearer ', '');
    if (key !== undefined) request.access = (await accessOf(key)) as Access;
  });
  app.setErrorHandler((thrown: Error, _request, reply) => {
    const error = toGatewayError(thrown);
    return reply.code(error.status).headers(errorHeaders(error)).send(toEnvelope(error));
  });
  const services = {
    store,
    now,
    newKey: () => `sk-${randomBytes(16).toString('base64url')}`,
    newId: () => randomUUID(),
    currentSpend: storedSpend(store, now),
  };
  const spend = new SpendService({ db: store.db, now, globalBudgetNanoUsd: () => null });
  registerRoutes(app, [...adminRoutes(services), ...spendRoutes({ spend })]);
  registerPages(app, pageFolder);
  app.get('/sluice/me', ({ access }) => {
    if (access === undefined) throw new GatewayError('unauthorized', 'send a key');
    return { role: access.role, user_id: access.userId, key_alias: access.keyAlias, key_name: access.keyName, is_open: false };
  });
  app.get('/limits/usage', () => ({ limits: [] }));
  app.get('/model/info', () => ({ data: [{ model_name: 'gpt', litellm_params: {}, model_info: {} }] }));
  app.get('/health', () => ({ healthy_endpoints: [], unhealthy_endpoints: [] }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/ui`;
});

afterAll(async () => {
  await browser?.close();
  app?.server.closeAllConnections();
  await app?.close();
  await store?.close();
});

beforeEach(async () => {
  ui = await DashboardPage.open(browser, { url });
});

afterEach(async () => {
  await ui.page.context().close();
  expect(ui.problems).toEqual([]);
});

async function signIn(key: string): Promise<void> {
  await ui.signIn(key);
  await ui.heading('Overview');
}

let batches = 0;
async function spend(rows: readonly SpendRow[]): Promise<void> {
  batches += 1;
  const writer = new LedgerWriter({ db: store.db, keepsRows: true });
  await writer.write({ id: `batch-${batches}`, rows }, { settledIds: [], signal: new AbortController().signal });
}

const keyOf = (alias: string) => store.db.selectFrom('keys').selectAll().where('alias', '=', alias).executeTakeFirstOrThrow();

/** Makes a key in the page; returns it. */
async function makeKey(alias: string, fill: () => Promise<void> = () => Promise.resolve()): Promise<string> {
  await ui.goTo('Keys');
  await ui.button('New key').click();
  await ui.dialog.getByLabel('Alias').fill(alias);
  await fill();
  await ui.button('Create key').click();
  const secret = await ui.secret.inputValue();
  await ui.button('I have it').click();
  return secret;
}

it('a key is made with limits, changed, blocked, rotated and deleted', async () => {
  await signIn('sk-master');
  const secret = await makeKey('first', async () => {
    await ui.dialog.getByLabel('Budget, USD', { exact: true }).fill('12.5');
    await ui.dialog.getByLabel('Soft budget, USD').fill('10');
    await ui.dialog.getByLabel('The budget starts anew').selectOption('1mo');
    await ui.dialog.getByLabel('Requests per minute').fill('60');
    await ui.dialog.getByLabel('Requests at a time').fill('0');
    await ui.dialog.getByLabel('Expires after').fill('30d');
    await ui.dialog.getByLabel('Only these').check();
    await ui.dialog.getByLabel('Other names and patterns').fill('openai/*');
    await ui.dialog.getByLabel('Metadata, JSON').fill('{"project": "search"}');
  });
  expect(await keyOf('first')).toMatchObject({
    hash: hashKey(secret),
    max_budget: 12_500_000_000,
    soft_budget: 10_000_000_000,
    budget_duration: '1mo',
    rpm_limit: 60,
    max_parallel_requests: 0,
    models: ['openai/*'],
    metadata: { project: 'search' },
  });
  await ui.page.getByRole('link', { name: 'first', exact: true }).click();
  await ui.heading('first');
  await ui.button('Edit').click();
  await ui.dialog.getByLabel('Requests per minute').fill('');
  await ui.dialog.getByLabel('Expires in').fill('never');
  await ui.dialog.getByLabel('Every model').check();
  await ui.button('Save').click();
  await ui.says('every model');
  expect(await keyOf('first')).toMatchObject({ rpm_limit: null, expires_at: null, models: [], max_budget: 12_500_000_000 });
  await ui.button('Block').click();
  await ui.button('Unblock').waitFor();
  expect(await keyOf('first')).toMatchObject({ blocked: true });
  await ui.button('Unblock').click();
  await ui.button('Block').waitFor();
  await ui.button('Rotate').click();
  await ui.dialog.getByLabel('The old key is still taken for').fill('1h');
  await ui.button('Rotate key').click();
  const rotated = await ui.secret.inputValue();
  await ui.button('I have it').click();
  await ui.page.waitForURL(`**/#/keys/${hashKey(rotated)}`);
  await ui.heading('first');
  expect(await store.db.selectFrom('retired_keys').selectAll().execute()).toMatchObject([{ hash: hashKey(secret) }]);
  await ui.button('Delete').click();
  await ui.button('Delete key').click();
  await ui.heading('The key was deleted');
  await ui.goTo('Audit log');
  for (const action of ['key.create', 'key.update', 'key.block', 'key.delete']) {
    await ui.page.getByRole('cell', { name: action, exact: true }).first().waitFor();
  }
});

it('what is refused is told with the words of the API', async () => {
  await signIn('sk-master');
  await makeKey('twice');
  await ui.button('New key').click();
  await ui.dialog.getByLabel('Alias').fill('twice');
  await ui.button('Create key').click();
  await ui.page.getByRole('alert').filter({ hasText: 'alias already exists' }).waitFor();
});

it('teams and users are made, and users become members', async () => {
  await signIn('sk-master');
  await ui.goTo('Users');
  await ui.button('New user').click();
  await ui.dialog.getByLabel('Id').fill('u-anna');
  await ui.dialog.getByLabel('E-mail').fill('anna@example.com');
  await ui.button('Create user').click();
  await ui.button('I have it').click();
  await ui.says('anna@example.com');
  await ui.goTo('Teams');
  await ui.button('New team').click();
  await ui.dialog.getByLabel('Name').fill('search');
  await ui.dialog.getByLabel('Budget, USD', { exact: true }).fill('100');
  await ui.button('Create team').click();
  await ui.heading('search');
  await ui.button('Add member').click();
  await ui.dialog.getByLabel('User').fill('u-anna');
  await ui.dialog.getByRole('button', { name: 'Add member' }).click();
  await ui.button('Remove u-anna').waitFor();
  await ui.button('Block').click();
  await ui.button('Unblock').waitFor();
  await ui.button('Remove u-anna').click();
  await ui.button('Remove member').click();
  await ui.says('u-anna was removed.');
  await ui.goTo('Teams');
  await ui.page.getByLabel('Search teams').fill('sea');
  await ui.says('1 team');
  await ui.page.getByRole('link', { name: 'search', exact: true }).waitFor();
});

it('a user sees its own keys, spend and requests, and no others', async () => {
  await signIn('sk-master');
  await ui.goTo('Users');
  await ui.button('New user').click();
  await ui.dialog.getByLabel('Id').fill('u-otto');
  await ui.button('Create user').click();
  const key = await ui.secret.inputValue();
  await ui.button('I have it').click();
  await spend([
    spendRow('o1', { keyHash: hashKey(key), keyAlias: 'ottos', userId: 'u-otto', teamId: null, costNanoUsd: 2_500_000_000 }),
    spendRow('o2', { keyHash: hashKey(key), keyAlias: 'ottos', userId: 'u-otto', teamId: null, httpStatus: 429, costNanoUsd: 0 }),
    spendRow('x1', {
      keyHash: 'cd'.repeat(32),
      keyAlias: 'strangers',
      userId: 'u-else',
      teamId: null,
      costNanoUsd: 7_000_000_000,
    }),
  ]);
  await ui.goTo('Overview');
  await ui.page.locator('.tile', { hasText: 'Spent today' }).getByText('$9.50', { exact: true }).waitFor();
  await ui.button('Sign out').click();
  await signIn(key);
  await ui.page.locator('.tile', { hasText: 'Spent today' }).getByText('$2.50', { exact: true }).waitFor();
  await ui.page.locator('.tile', { hasText: 'Failed today' }).getByText('50%', { exact: true }).waitFor();
  await ui.goTo('Keys');
  await ui.says('1 key');
  await ui.goTo('Requests');
  await ui.page.getByRole('link', { name: 'ottos' }).first().waitFor();
  expect(await ui.page.getByText('strangers').count()).toBe(0);
  await ui.goTo('Spend');
  await ui.page.getByRole('img', { name: 'Spend by model: $2.50 in 30 days' }).waitFor();
  const [download] = await Promise.all([ui.page.waitForEvent('download'), ui.button('Download CSV').click()]);
  expect(download.suggestedFilename()).toMatch(/\.csv$/);
});
