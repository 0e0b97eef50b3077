import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { openStore } from './open-store.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

test.each(['localhost:5432/name', 'mysql://user:hunter2@host/name', 'postgres://user:hunter2@host:port/name', ''])(
  'the URL %j is refused without being shown',
  async (url) => {
    const error: unknown = await openStore({ url, directory: '', poolSize: 1, connectTimeoutMs: 100, log }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ message: expect.stringContaining('must look like postgres://') });
    expect(inspect(error)).not.toContain('hunter2');
  },
);

test('a server that is not there gives a store that is away', async () => {
  const store = await openStore({
    url: 'postgres://user@127.0.0.1:1/name',
    directory: '',
    poolSize: 1,
    connectTimeoutMs: 1_000,
    log,
  });
  expect(store).toMatchObject({ kind: 'server', state: 'away' });
  await expect(store.db.selectFrom('keys').selectAll().execute()).rejects.toMatchObject({ type: 'no_db_connection' });
  await store.close();
});
