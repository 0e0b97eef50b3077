import { once } from 'node:events';
import { createServer, request as sendOn } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { doctorCommand } from '../../../src/cli/doctor.ts';
import { readEnvironment } from '../../../src/config/environment.ts';
import type { Diagnosis } from '../../../src/deploy/doctor/run-doctor.ts';
import { answerWell, chunk, FakeUpstream } from '../../support/fake-upstream.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { screen, type Screen } from '../deploy/account.ts';
import { AwsStandIn } from './aws-stand-in.ts';

let engine: FakeUpstream;
let gateway: TestGateway;
let aws: AwsStandIn;
let io: Screen;

beforeAll(async () => {
  aws = await AwsStandIn.start();
  engine = await FakeUpstream.start(async (exchange) => {
    if (exchange.body['stream'] !== true) return answerWell(exchange);
    exchange.openStream();
    for (const piece of ['One', ' two', ' three']) {
      exchange.event(chunk('phi-3-mini', piece));
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    exchange.done();
  });
  const models = [{ name: 'phi-3-mini', promptFormat: 'chat', backends: [{ provider: 'vllm', baseUrl: engine.baseUrl }] }];
  gateway = await startGateway({ models, server: { allowedHosts: ['gateway.invalid'] } });
  Object.assign(process.env, aws.variables);
});
beforeEach(() => {
  io = screen();
});
afterEach(() => aws.reset());
afterAll(async () => {
  aws.close();
  await Promise.all([gateway.close(), engine.close()]);
});

const doctor = (words: readonly string[], variables: Record<string, string> = {}) =>
  doctorCommand({ environment: readEnvironment({ ...process.env, ...variables }), io }).parseAsync(words, { from: 'user' });

const diagnosis = () => JSON.parse(io.text()) as Diagnosis;
const failed = () => diagnosis().results.flatMap(({ id, status }) => (status === 'fail' ? id : []));

test('green is 0, with a line for each check', async () => {
  await doctor([`${gateway.url}/v1/`]);
  expect(io.status(), io.text()).toBe(0);
  expect(io.text()).toMatch(/pass +completion +\d\.\d\d s +2 tokens in/);
  expect(io.text()).toMatch(/\d+ pass, 0 fail, \d+ skipped: .*green/);
});

test('red is 1, and says what was expected, what came and what to do', async () => {
  await doctor([gateway.url, '--model', 'no-such-model']);
  expect(io.status()).toBe(1);
  expect(io.text()).toMatch(
    /fail +completion .*expected POST \/v1\/completions to answer 200\n +came status 404, model_not_found: [\s\S]*-> /,
  );
});

test('what cannot be reached is 2, and one line', async () => {
  await doctor(['http://127.0.0.1:1']);
  expect(io.status()).toBe(2);
  expect(io.text()).toMatch(/nothing listens there\s+\(ECONNREFUSED\)/);
  expect(io.text()).not.toContain('completion');
});

test('an endpoint behind a proxy is green as well, and a proxy that does not listen is named', async () => {
  const proxy = createServer((incoming, response) => {
    const { port, pathname } = new URL(incoming.url ?? '');
    const { method, headers } = incoming;
    const onward = sendOn({ port, method, path: pathname, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(onward);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const url = `http://gateway.invalid:${new URL(gateway.url).port}`;
  await doctor([url], { HTTP_PROXY });
  expect(io.status(), io.text()).toBe(0);
  proxy.closeAllConnections();
  proxy.close();

  io = screen();
  await doctor([url], { HTTP_PROXY });
  expect(io.status()).toBe(2);
  expect(io.text()).toMatch(/no connection through the proxy\s+127\.0\.0\.1:\d+:\s+ECONNREFUSED [\s\S]*is HTTP_PROXY right/);
});

test('a proxy that is no address is said', async () => {
  await doctor(['https://gateway.invalid'], { HTTPS_PROXY: 'http://ada:secret@' });
  expect(io.status()).toBe(2);
  expect(io.text()).toMatch(/HTTPS_PROXY is no address of a proxy/);
  expect(io.text()).not.toContain('secret');
});

test('no proxy is blamed for a server that drops the connection', async () => {
  const server = createTcpServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.end()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await doctor([`https://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  server.close();
  expect(io.status()).toBe(2);
  expect(io.text()).not.toMatch(/HTTPS_PROXY/);
});

test('SLUICE_URL is asked where no address is given', async () => {
  await doctor(['--json'], { SLUICE_URL: gateway.url });
  expect(diagnosis()).toMatchObject({ url: gateway.url, verdict: 'green' });
});

test.each([
  [[], /^look at what\? Give its URL/],
  [['localhost:8000'], /no address of a gateway/],
  [['gpu'], /sluice doctor gpu --env dev/],
  [['http://127.0.0.1:1', '--drill', 'standby'], /sluice doctor gpu --env dev --drill standby/],
  [['http://127.0.0.1:1', '--key-file', '/nowhere'], /--key-file: \/nowhere cannot be read/],
  [['gpu', '--env', 'staging', '--drill', 'standby'], /only dev has it; this is staging/],
  [['gpu', '--env', 'dev', '--drill', 'standby'], /at a terminal/],
])('%j is refused, and says why', async (words, reason) => {
  aws.deploy(gateway.url);
  await doctor(words, { SLUICE_URL: '' });
  expect([io.status(), io.notes()]).toEqual([1, expect.stringMatching(reason)]);
  expect(aws.resized).toEqual([]);
});

test('a deployment is found in the outputs of its state, and its edge is asked of AWS', async () => {
  aws.deploy(gateway.url);
  await doctor(['gpu', '--env', 'dev', '--json']);
  expect(failed(), io.text()).toEqual([]);
  expect(diagnosis().url).toBe(gateway.url);
  expect(
    diagnosis()
      .results.map(({ id }) => id)
      .slice(-3),
  ).toEqual(['edge-integration', 'edge-firewall', 'edge-vpc-link']);
});

test('where the endpoint does not answer, its edge is asked all the same', async () => {
  aws.deploy('http://127.0.0.1:1');
  aws.vpcLinkStatus = 'INACTIVE';
  await doctor(['gpu', '--env', 'dev', '--json']);
  expect(io.status()).toBe(2);
  expect(failed()).toEqual(['reachable', 'edge-vpc-link']);
});

test('without a state there is nothing to look at', async () => {
  await doctor(['gpu', '--env', 'dev']);
  expect([io.status(), io.notes()]).toEqual([1, expect.stringContaining('there is no state of llm-dev-gpu')]);
});
