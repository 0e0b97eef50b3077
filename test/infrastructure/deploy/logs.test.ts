import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { logsCommand } from '../../../src/cli/logs.ts';
import { environmentOf, screen, startAccount, type Account } from './account.ts';

let account: Account;
beforeAll(async () => void (account = await startAccount()));
afterAll(() => account.stop());
beforeEach(() => account.reset());

const command = (io: ReturnType<typeof screen>, signal?: AbortSignal) =>
  logsCommand({ environment: environmentOf(account), io, intervalMs: 20, ...(signal === undefined ? {} : { signal }) });

async function run(...words: string[]) {
  const io = screen();
  await command(io).parseAsync(['gpu', '--env', 'dev', ...words], { from: 'user' });
  return io;
}

async function makeGroup(name: string) {
  await (await account.aws.client('cloudwatch-logs')).createLogGroup({ logGroupName: `/llm/llm-dev-gpu/${name}` });
}

async function write(group: string, stream: string, ...lines: readonly (readonly [secondsAgo: number, message: string])[]) {
  const client = await account.aws.client('cloudwatch-logs');
  const names = { logGroupName: `/llm/llm-dev-gpu/${group}`, logStreamName: stream };
  await client.createLogStream(names).catch(() => undefined);
  const logEvents = lines.map(([secondsAgo, message]) => ({ timestamp: Date.now() - secondsAgo * 1_000, message }));
  await client.putLogEvents({ ...names, logEvents });
}

test('lines of all groups come in the order of time, with the instance that wrote them', async () => {
  for (const name of ['gateway', 'engine', 'host', 'api-access']) await makeGroup(name);
  await write('gateway', 'i-0aaa/gateway', [50, 'ready'], [10, 'POST /v1/completions 200']);
  await write('engine', 'i-0bbb/engine', [30, 'loaded']);
  await write('api-access', '2f7e0c', [5, '{"status":200}']);
  const io = await run();
  expect(io.text().replaceAll(/^\S+ /gm, '')).toBe(
    'gateway i-0aaa/gateway ready\nengine  i-0bbb/engine loaded\ngateway i-0aaa/gateway POST /v1/completions 200\napi     {"status":200}\n',
  );
  expect(io.status()).toBe(0);
});

test('one group alone, only since, and only what holds a text', async () => {
  await makeGroup('gateway');
  await write('gateway', 'i-0aaa/gateway', [900, 'old error'], [60, 'new error'], [30, 'all well']);
  expect((await run('gateway')).text()).toMatch(/^[\d:.]{12} i-0aaa\/gateway new error\n[\d:.]{12} i-0aaa\/gateway all well\n$/);
  expect((await run('gateway', '--since', '1h', '--grep', 'error')).text()).toMatch(/old error\n.*new error\n$/);
});

test('as JSON each line is an object', async () => {
  await makeGroup('host');
  await write('host', 'i-0aaa/units', [5, 'started']);
  const line = JSON.parse((await run('host', '--json')).text()) as object;
  expect(line).toEqual({ atMs: expect.any(Number), source: 'host', stream: 'i-0aaa/units', message: 'started' });
});

test('all pages are read', async () => {
  const pages = [
    { events: [{ eventId: '1', timestamp: Date.now() - 2_000, logStreamName: 'i-1', message: 'first' }], nextToken: 'more' },
    { events: [{ eventId: '2', timestamp: Date.now() - 1_000, logStreamName: 'i-1', message: 'second' }] },
  ];
  account.answers.set('logs:FilterLogEvents', (body) => ({
    type: 'application/x-amz-json-1.1',
    body: JSON.stringify(pages[body.includes('"nextToken":"more"') ? 1 : 0]),
  }));
  expect((await run('gateway')).text()).toMatch(/first\n.*second\n$/);
});

test('following tells each line once, those that come late too', async () => {
  await makeGroup('gateway');
  await write('gateway', 'i-0aaa/gateway', [20, 'first']);
  const io = screen();
  const end = new AbortController();
  const following = command(io, end.signal).parseAsync(['gpu', 'gateway', '--env', 'dev', '--follow'], { from: 'user' });
  await vi.waitFor(() => expect(io.text()).toContain('first'), 10_000);
  await write('gateway', 'i-0bbb/gateway', [25, 'late'], [1, 'second']);
  await vi.waitFor(() => expect(io.text()).toContain('second'), 10_000);
  await write('gateway', 'i-0aaa/gateway', [0, 'third']);
  await vi.waitFor(() => expect(io.text()).toContain('third'), 10_000);
  end.abort();
  await following;
  expect(
    io
      .text()
      .match(/first|late|second|third/g)
      ?.toSorted(),
  ).toEqual(['first', 'late', 'second', 'third']);
});

test('a group that is missing is told, and is a failure where there is no other', async () => {
  await makeGroup('gateway');
  const some = await run();
  expect(some.notes()).toContain('there is no log group /llm/llm-dev-gpu/engine: nothing of the engine was deployed here');
  expect(some.status()).toBe(0);
  expect((await run('engine')).status()).toBe(1);
});

test('a group without lines says so, and how to look further back', async () => {
  await makeGroup('gateway');
  const io = await run('gateway', '--grep', 'x"y');
  expect(io.text()).toBe('');
  expect(io.notes()).toMatch(/^no line with "x"y" since \d{4}-.*; --since 1d looks further back$/);
});

test('what a client sent cannot steer the terminal', async () => {
  await makeGroup('gateway');
  await write('gateway', 'i-0aaa/gateway', [5, 'a\u001b[2Jb\tc']);
  expect((await run('gateway')).text()).toContain('a\uFFFD[2Jb\tc');
});

test('without permission the message names it', async () => {
  await account.mock.setFaults({ deny: ['logs:*'] });
  const denied = await run('gateway');
  expect(denied.notes()).toBe(
    'AWS refuses: logs:FilterLogEvents is not allowed in us-east-1. Allow it for this user or role, or use another AWS_PROFILE',
  );
  expect(denied.status()).toBe(1);
});
