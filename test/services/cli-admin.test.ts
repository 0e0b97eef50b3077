import { tmpdir } from 'node:os';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { keysCommand } from '../../src/cli/keys.ts';
import { spendCommand } from '../../src/cli/spend.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { hashKey } from '../../src/keys/key-hash.ts';
import { spendRow } from '../../src/ledger/testing.ts';
import { LedgerWriter } from '../../src/store/ledger-writer.ts';
import { openStore } from '../../src/store/open-store.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startPostgres, type PostgresServer } from '../support/services.ts';

const masterKey = 'sk-master-for-the-command-line';
let server: PostgresServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startPostgres();
  gateway = await startGateway({
    masterKey,
    database: { url: server.url },
    models: [{ name: 'gpt', backends: [{ provider: 'openai', baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'none' }] }],
  });
});
afterAll(async () => {
  await gateway.close();
  await server.stop();
});
beforeEach(() => {
  process.exitCode = 0;
});

/** Runs a command against the gateway with a key, the master key unless another is given. */
async function sluice(parameters: string[], key = masterKey) {
  const written = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') => ({ write: (text: string) => (written[name] += text) });
  const output = { stdout: collect('stdout'), stderr: collect('stderr') };
  const environment = readEnvironment({ SLUICE_URL: gateway.url, SLUICE_API_KEY: key });
  const [name = '', ...rest] = parameters;
  const command = name === 'keys' ? keysCommand({ environment, output }) : spendCommand({ environment, output });
  await command.parseAsync(rest, { from: 'user' });
  const exitCode = process.exitCode ?? 0;
  process.exitCode = 0;
  return { ...written, exitCode };
}

test('a key is made, shown, changed, blocked, rotated and deleted', async () => {
  const made = await sluice([
    'keys',
    'create',
    '--alias',
    'ci',
    '--models',
    'gpt',
    '--budget',
    '12.5',
    '--budget-period',
    '30d',
    '--rpm',
    '60',
    '--expires',
    '7d',
  ]);
  const key = made.stdout.trim();
  expect(key).toMatch(/^sk-[\w-]{22}$/);
  expect(made.stderr).toMatch(/budget +\$12\.50 \/ 30d/);
  expect(made.stderr).toContain('it is not shown again');

  const listed = await sluice(['keys', 'list']);
  expect(listed.stdout.split('\n')[0]).toMatch(/^ALIAS +KEY +HASH/);
  expect(listed.stdout).toMatch(
    new RegExp(`^ci +sk-\\.\\.\\.${key.slice(-4)} +${hashKey(key).slice(0, 12)} .*\\$12\\.50 / 30d +60 +-.*in use$`, 'm'),
  );
  expect(listed.stderr).toContain('1 of 1 keys');
  expect(listed.stdout + listed.stderr).not.toContain(key);

  expect((await sluice(['keys', 'info', hashKey(key).slice(0, 8)])).stdout).toMatch(/^models +gpt$/m);
  expect((await sluice(['keys', 'info'], key)).stdout).toMatch(/^alias +ci$/m);
  const updated = await sluice(['keys', 'update', 'ci', '--rpm', 'none', '--tpm', '1000', '--json']);
  expect(updated.stderr).toBe('');
  expect(JSON.parse(updated.stdout)).toMatchObject({ token: hashKey(key), rpm_limit: null, tpm_limit: 1000, max_budget: 12.5 });

  expect((await sluice(['keys', 'block', 'ci'])).stdout).toMatch(/^ci \(.*\): blocked$/m);
  expect((await sluice(['keys', 'info'], key)).stderr).toMatch(/blocked/);
  expect((await sluice(['keys', 'unblock', 'ci'])).stdout).toMatch(/in use$/m);

  const rotated = (await sluice(['keys', 'rotate', 'ci', '--grace', '1h'])).stdout.trim();
  expect(rotated).toMatch(/^sk-/);
  expect((await sluice(['keys', 'info'], key)).stdout).toContain(hashKey(rotated));

  const unsure = await sluice(['keys', 'delete', 'ci']);
  expect([unsure.exitCode, unsure.stderr]).toEqual([1, expect.stringContaining('--yes')]);
  expect((await sluice(['keys', 'delete', 'ci', '--yes'])).stdout).toMatch(/deleted/);
  const gone = await sluice(['keys', 'info'], rotated);
  expect([gone.exitCode, gone.stderr]).toEqual([1, expect.stringContaining('The key is from SLUICE_API_KEY')]);
});

test('a slip is told before anything is changed', async () => {
  await sluice(['keys', 'create', '--alias', 'first']);
  const missing = await sluice(['keys', 'block', 'first', 'nobody']);
  expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining('there is no key "nobody"')]);
  expect((await sluice(['keys', 'info', 'first'])).stdout).toMatch(/^state +in use$/m);
  expect((await sluice(['keys', 'update', 'first'])).stderr).toContain('nothing to change');
  expect((await sluice(['keys', 'info', 'sk-typed-into-the-shell'])).stderr).toContain('by its alias or hash');
  const twice = await sluice(['keys', 'create', '--alias', 'first']);
  expect([twice.exitCode, twice.stderr]).toEqual([1, expect.stringMatching(/refused: .*alias/)]);
  const wrong = await sluice(['keys', 'create', '--expires', 'soon']);
  expect(wrong.stderr).toMatch(/refused: .*duration/s);
});

test('every page of keys is listed, as JSON too', async () => {
  for (let number = 0; number < 105; number++) {
    const response = await fetch(`${gateway.url}/key/generate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ key_alias: `many-${number}`, team_id: null }),
    });
    expect(response.status).toBe(200);
  }
  const rows = JSON.parse((await sluice(['keys', 'list', '--search', 'many-', '--json'])).stdout) as { key_alias: string }[];
  expect(new Set(rows.map(({ key_alias }) => key_alias)).size).toBe(105);
  const some = await sluice(['keys', 'list', '--search', 'many-', '--limit', '3']);
  expect(some.stdout.trim().split('\n')).toHaveLength(4);
  expect(some.stderr).toContain('3 of 105 keys');
});

test('spend is reported as a table, as CSV and as JSON', async () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const store = await openStore({ url: server.url, directory: tmpdir(), poolSize: 1, connectTimeoutMs: 2_000, log });
  const endedAtMs = Date.UTC(2026, 10, 20, 12);
  const rows = [
    spendRow('one', { endedAtMs, model: 'gpt', promptTokens: 1_000, completionTokens: 500, costNanoUsd: 1_234_567_890 }),
    spendRow('two', {
      endedAtMs: endedAtMs + 86_400_000,
      model: 'small',
      promptTokens: 1,
      completionTokens: 1,
      costNanoUsd: 4_200,
    }),
  ];
  await new LedgerWriter({ db: store.db, keepsRows: true }).write(
    { id: 'b', rows },
    { settledIds: [], signal: new AbortController().signal },
  );
  await store.close();

  const span = ['--from', '2026-11-19', '--to', '2026-11-21'];
  const table = await sluice(['spend', '--by', 'model', ...span]);
  expect(table.stdout.split('\n')[0]).toMatch(/^MODEL +REQUESTS +FAILED +PROMPT TOKENS +ANSWER TOKENS +COST$/);
  expect(table.stdout).toMatch(/^gpt +1 +0 +1,000 +500 +\$1\.23$/m);
  expect(table.stdout).toMatch(/^small +1 +0 +1 +1 +\$0\.000004$/m);
  expect(table.stdout).toMatch(/^total +2 +0 +1,001 +501 +\$1\.23$/m);
  expect(table.stderr).toContain('2026-11-19 to 2026-11-21');
  expect((await sluice(['spend', '--by', 'day,model', ...span])).stdout).toMatch(/^2026-11-21 +small/m);
  expect((await sluice(['spend', '--by', 'key', ...span, '--csv'])).stdout).toMatch(/^key,key_label,requests/);
  const json = JSON.parse((await sluice(['spend', ...span, '--model', 'gpt', '--json'])).stdout) as { total: object };
  expect(json.total).toMatchObject({ requests: 1, cost_nano_usd: '1234567890' });
  const both = await sluice(['spend', '--csv', '--json']);
  expect([both.exitCode, both.stderr]).toEqual([1, expect.stringContaining('not both')]);
});
