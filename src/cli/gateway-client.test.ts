import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEnvironment } from '../config/environment.ts';
import { keysCommand } from './keys.ts';
import { spendCommand } from './spend.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
let server: Server;
let url: string;
let asked: { path: string; headers: IncomingHttpHeaders }[];
/** What the fake gateway answers: a page without keys unless a test says otherwise. */
let answer: { status: number; body: string };

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: '{"keys":[],"total_count":0,"current_page":1,"total_pages":0}' };
  server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', headers: request.headers });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  process.exitCode = 0;
  await new Promise((resolve) => server.close(resolve));
});

async function list(variables: Record<string, string>, ...parameters: string[]) {
  let [stdout, stderr] = ['', ''];
  const output = { stdout: { write: (text: string) => (stdout += text) }, stderr: { write: (text: string) => (stderr += text) } };
  const command = keysCommand({ environment: readEnvironment(variables), output });
  await command.parseAsync(['list', ...parameters], { from: 'user' });
  return { stdout, stderr, exitCode: process.exitCode };
}

test('the key is that of --key-file, else of SLUICE_API_KEY, else the master key', async () => {
  const file = join(folder, 'key');
  writeFileSync(file, 'sk-from-file\n');
  const master = { SLUICE_URL: url, LITELLM_MASTER_KEY: 'sk-master' };
  await list(master);
  await list({ ...master, SLUICE_API_KEY: 'sk-own' });
  await list({ ...master, SLUICE_API_KEY: 'sk-own' }, '--key-file', file);
  expect(asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-master', 'Bearer sk-own', 'Bearer sk-from-file']);
  expect(JSON.stringify(asked.map(({ path }) => path))).not.toContain('sk-');
  rmSync(folder, { recursive: true });
});

test('a key file that is missing, empty or holds more than a key is told, and nothing is sent', async () => {
  const missing = await list({ SLUICE_URL: url }, '--key-file', '/nonexistent/key');
  expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining('/nonexistent/key cannot be read (ENOENT)')]);
  const wrong = await list({ SLUICE_URL: url }, '--key-file', new URL(import.meta.url).pathname);
  expect(wrong.stderr).toContain('must hold one key and nothing else');
  expect(asked).toEqual([]);
});

test('the address is that of --url, else of SLUICE_URL, else this machine’s at the port that is set', async () => {
  expect((await list({ SLUICE_URL: 'http://127.0.0.1:1' }, '--url', `${url}/`)).exitCode).not.toBe(2);
  expect((await list({ PORT: new URL(url).port })).exitCode).not.toBe(2);
  expect(asked.map(({ path }) => path.split('?')[0])).toEqual(['/key/list', '/key/list']);
  const wrong = await list({ SLUICE_URL: 'localhost:8000' });
  expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining('is no address of a gateway')]);
});

test('where no gateway runs, the message says how to start one, with status 2', async () => {
  const down = await list({ SLUICE_URL: 'http://127.0.0.1:1' });
  expect([down.exitCode, down.stderr]).toEqual([
    2,
    expect.stringMatching(/no gateway answers at http:\/\/127\.0\.0\.1:1\. Start one: sluice serve/),
  ]);
});

test('where a proxy is in the way, it is named', async () => {
  const down = await list({ SLUICE_URL: 'http://gateway.invalid', HTTP_PROXY: '127.0.0.1:1' });
  expect([down.exitCode, down.stderr]).toEqual([
    2,
    expect.stringMatching(
      /^http:\/\/gateway\.invalid: no connection through the proxy 127\.0\.0\.1:1: .*should NO_PROXY name the host\?/,
    ),
  ]);
  const slip = await list({ SLUICE_URL: 'http://gateway.invalid', HTTP_PROXY: 'ftp://127.0.0.1' });
  expect([slip.exitCode, slip.stderr]).toEqual([2, expect.stringContaining('HTTP_PROXY is no address of a proxy')]);
});

test('a refused key is told with the variable that it came from, and a missing one with the variable to set', async () => {
  answer = { status: 401, body: '{"error":{"message":"Authentication Error, unknown key"}}' };
  expect((await list({ SLUICE_URL: url, SLUICE_MASTER_KEY: 'sk-old' })).stderr).toMatch(
    /unknown key\nThe key is from SLUICE_MASTER_KEY/,
  );
  expect((await list({ SLUICE_URL: url })).stderr).toMatch(/Set SLUICE_API_KEY/);
  expect(process.exitCode).toBe(1);
});

test.each([
  [400, '{"error":{"message":"key_alias: is taken"}}', 'key_alias: is taken'],
  [422, '{"detail":[{"loc":["body","max_budget"],"msg":"must be a number"}]}', 'max_budget: must be a number'],
  [404, '{"detail":"Not Found"}', 'Not Found'],
  [502, '<html>bad gateway</html>', 'status 502, without a reason; is this a gateway?'],
  [500, 'null', 'status 500'],
  [200, '<html>hello</html>', 'the answer is not JSON; is this a gateway?'],
])('an answer of status %i is told in its own words', async (status, body, told) => {
  answer = { status, body };
  const { stderr, exitCode } = await list({ SLUICE_URL: url, SLUICE_API_KEY: 'sk-own' });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(told)]);
  expect(stderr).not.toContain('sk-own');
});

test('what a key is called cannot steer the terminal', async () => {
  const key = {
    token: 'a'.repeat(64),
    key_name: 'sk-...aaaa',
    key_alias: '\u001B[31mred',
    user_id: null,
    team_id: null,
    spend: 0,
    max_budget: null,
  };
  const more = {
    budget_duration: null,
    rpm_limit: 0,
    tpm_limit: null,
    models: [],
    expires: '2020-01-01T00:00:00Z',
    blocked: null,
  };
  answer.body = JSON.stringify({ keys: [{ ...key, ...more }], total_count: 1, current_page: 1, total_pages: 1 });
  const { stdout } = await list({ SLUICE_URL: url });
  expect(stdout).not.toContain('\u001B');
  expect(stdout).toMatch(/\$0\.00 +- +0 +- +2020-01-01 +expired$/m);
});

test('a key in plain is not taken as a filter of spend', async () => {
  let stderr = '';
  const output = { stdout: { write: () => true }, stderr: { write: (text: string) => (stderr += text) } };
  const command = spendCommand({ environment: readEnvironment({ SLUICE_URL: url }), output });
  await command.parseAsync(['--key', 'sk-plain'], { from: 'user' });
  expect(stderr).toContain('name a key by its hash');
  expect(asked).toEqual([]);
});
