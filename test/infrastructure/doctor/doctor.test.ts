import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { DoctorSettings } from '../../../src/deploy/doctor/context.ts';
import { contractChecks } from '../../../src/deploy/doctor/checks/index.ts';
import { edgeChecks } from '../../../src/deploy/doctor/edge/index.ts';
import { standbyDrill } from '../../../src/deploy/doctor/edge/standby.ts';
import { runDoctor, type Diagnosis } from '../../../src/deploy/doctor/run-doctor.ts';
import { viewDiagnosis } from '../../../src/deploy/doctor/view.ts';
import { hashKey } from '../../../src/keys/key-hash.ts';
import { startStandby, type RunningStandby } from '../../../src/server/standby.ts';
import { noProxies } from '../../../src/transport/proxies.ts';
import { Transport } from '../../../src/transport/transport.ts';
import { answerWell, chunk, FakeUpstream, type Behaviour } from '../../support/fake-upstream.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { AwsStandIn } from './aws-stand-in.ts';
import { FaultyEdge, type Seen } from './faulty-edge.ts';
import { faults, unreachable, type Fault } from './faults.ts';

const key = 'sk-doctor-test';
const origin = 'https://demo.example.com';
const fleet = 'llm-dev-gpu-fleet';

let folder: string;
let engine: FakeUpstream;
let gateway: TestGateway;
let standby: RunningStandby;
let edge: FaultyEdge;
let aws: AwsStandIn;

/** As an engine streams: one token after another. Whoever asks for much waits in vain. */
const paced: Behaviour = async (exchange) => {
  if (exchange.body['max_tokens'] === 2000) return;
  if (exchange.body['stream'] !== true) return answerWell(exchange);
  exchange.openStream();
  for (const piece of ['One', ' two', ' three', ' four', ' five']) {
    exchange.event(chunk('phi-3-mini', piece));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  exchange.event(chunk('phi-3-mini', null, 'stop'));
  exchange.done();
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-doctor-'));
  writeFileSync(join(folder, 'keys.yaml'), stringify({ keys: [{ hash: hashKey(key), alias: 'doctor' }] }));
  [engine, aws] = await Promise.all([FakeUpstream.start(paced), AwsStandIn.start()]);
  gateway = await startGateway({
    server: { clientAddressHeader: 'x-client-ip' },
    keysFile: join(folder, 'keys.yaml'),
    cors: { origins: [origin] },
    limits: { ip: { requestsPerMinute: 30 } },
    models: [
      { name: 'phi-3-mini', promptFormat: 'chat', backends: [{ provider: 'vllm', baseUrl: engine.baseUrl, timeoutMs: 1_500 }] },
    ],
  });
  let id = 0;
  standby = await startStandby({
    host: '127.0.0.1',
    port: 0,
    corsOrigins: [origin],
    shutdownTimeoutMs: 1_000,
    newRequestId: () => `req_${id++}`,
    now: () => performance.now(),
    onFinished: () => undefined,
  });
  edge = await FaultyEdge.start(gateway.url);
});

afterEach(() => {
  edge.misbehaviour = {};
  edge.target = gateway.url;
  edge.forgetCallers();
  aws.reset();
});

afterAll(async () => {
  edge.close();
  aws.close();
  await Promise.all([gateway.close(), standby.close(), engine.close()]);
  rmSync(folder, { recursive: true });
});

const settings: DoctorSettings = {
  model: null,
  origin,
  floodLimit: null,
  isProxied: true,
  isSlowTried: false,
  deadlineMs: 2_000,
  timeoutMs: 5_000,
};

/** Examines the gateway through the edge, as a deployment's is examined. */
async function examine(
  fault: Partial<Fault> = {},
  { withDrill = false, withKey = true, signal = new AbortController().signal, proxies = noProxies } = {},
): Promise<Diagnosis> {
  edge.misbehaviour = fault.edge ?? {};
  fault.aws?.(aws);
  aws.onResize = (desired) => {
    edge.target = desired === 0 && fault.neverEmpties !== true ? standby.url : gateway.url;
    if (desired === 0 && fault.hasNoStandby) {
      const headers = { 'content-type': 'text/html' };
      edge.misbehaviour = { answers: () => ({ status: 503, headers, text: '<html>503 Service Temporarily Unavailable</html>' }) };
    }
  };
  const transport = new Transport({ proxies });
  const drill = standbyDrill({ aws: aws.aws, fleet, say: () => undefined });
  return runDoctor({
    url: fault.url ?? edge.url,
    key: withKey ? key : null,
    settings: { ...settings, ...fault.settings },
    moreChecks: [...edgeChecks(aws.edge), ...(withDrill ? [drill] : [])],
    transport,
    now: () => performance.now(),
    pause: async () => {
      if (fault.isWaitInVain !== true) edge.forgetCallers();
    },
    signal,
  }).finally(() => transport.close());
}

const idsWith = ({ results }: Diagnosis, status: string) =>
  results.filter((result) => result.status === status).map(({ id }) => id);

describe('a gateway that keeps its contract', () => {
  test('is green in every line, none of them skipped', async () => {
    const diagnosis = await examine({ settings: { floodLimit: 30, isSlowTried: true } }, { withDrill: true });
    expect(idsWith(diagnosis, 'fail').concat(idsWith(diagnosis, 'skipped')), viewDiagnosis(diagnosis, 120)).toEqual([]);
    expect(diagnosis.verdict).toBe('green');
    expect(diagnosis.results.find(({ id }) => id === 'deadline')!.detail).toMatch(/^504 after 1\.\d+ s$/);
    expect(aws.resized).toEqual([`${fleet} 0 0`, `${fleet} 1 2`]);
    expect(aws.fleet).toEqual({ MinSize: 1, DesiredCapacity: 2 });
  });

  test('a stream whose short answer came at once on a busy machine is asked for once more, longer', async () => {
    const lengths: unknown[] = [];
    const holds = ({ body }: Seen) => {
      if (body['stream'] === true) lengths.push(body['max_tokens']);
      return body['stream'] === true && lengths.length === 1;
    };
    expect(idsWith(await examine({ edge: { holds } }), 'fail')).toEqual([]);
    expect(lengths).toEqual([24, 96, 24]);
  });

  test('without a key at hand: what needs one is skipped, and one line says what to do', async () => {
    const diagnosis = await examine({}, { withKey: false });
    expect(idsWith(diagnosis, 'fail')).toEqual(['models']);
    expect(diagnosis.results.find(({ id }) => id === 'models')!.advice).toContain('SLUICE_API_KEY');
    expect(idsWith(diagnosis, 'skipped')).toContain('completion');
    expect(idsWith(diagnosis, 'pass')).toContain('wrong-key');
  });
});

describe('each fault turns one line red, and no other', () => {
  test.each([...unreachable, ...faults])('$check: $name', async (fault) => {
    const isDrilled = fault.check === 'standby';
    const diagnosis = await examine(fault, { withDrill: isDrilled });
    expect(idsWith(diagnosis, 'fail'), viewDiagnosis(diagnosis, 120)).toEqual([fault.check]);
    expect(diagnosis.verdict).toBe(fault.check === 'reachable' ? 'unreachable' : 'red');
    const { detail, expected, came, advice } = diagnosis.results.find(({ id }) => id === fault.check)!;
    expect(detail).toMatch(fault.says);
    for (const text of [expected, came, advice]) expect(text).toMatch(/\S/);
    if (isDrilled) expect(aws.fleet).toEqual({ MinSize: 1, DesiredCapacity: 2 });
  });

  test('every check has a fault that it finds', () => {
    const checks = [...contractChecks, ...edgeChecks(aws.edge), standbyDrill({ aws: aws.aws, fleet, say: () => undefined })];
    const found = new Set([...unreachable, ...faults].map(({ check }) => check));
    expect(checks.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([]);
  });
});

describe('the drill', () => {
  test('stopped in the middle of it gives the hosts back', async () => {
    const controller = new AbortController();
    const stop = {
      edge: {
        answers: ({ body }: Seen) => (aws.fleet.DesiredCapacity === 0 && body ? (controller.abort(), undefined) : undefined),
      },
    };
    const diagnosis = await examine({ ...stop, neverEmpties: true }, { withDrill: true, signal: controller.signal });
    expect(diagnosis.results.at(-1)).toMatchObject({
      id: 'standby',
      status: 'fail',
      came: expect.stringContaining('until it was stopped'),
    });
    expect(aws.fleet).toEqual({ MinSize: 1, DesiredCapacity: 2 });
  });

  test('that cannot give the hosts back says how to', async () => {
    const diagnosis = await examine({ aws: (account) => void (account.refusesHosts = true) }, { withDrill: true });
    expect(diagnosis.results.at(-1)).toMatchObject({
      id: 'standby',
      status: 'fail',
      advice: expect.stringMatching(/update-auto-scaling-group .*llm-dev-gpu-fleet --min-size 1 --desired-capacity 2$/),
    });
  });
});

describe('TLS that fails', () => {
  test('an endpoint without TLS is told from one with it', async () => {
    const diagnosis = await examine({ url: edge.url.replace('http:', 'https:') });
    expect(diagnosis.results[0]!.came).toContain('does not speak TLS');
  });

  test('a certificate that nobody vouches for is named', async () => {
    const [certificate, secret] = [join(folder, 'certificate.pem'), join(folder, 'secret.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const options = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      secret,
      '-out',
      certificate,
      ...subject,
    ];
    execFileSync('openssl', options, { stdio: 'ignore' });
    const server = createTlsServer({ cert: readFileSync(certificate), key: readFileSync(secret) }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const tunnel = createServer().on('connect', (_request, socket: Socket) => {
      const onward = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      socket
        .on('error', () => onward.destroy())
        .pipe(onward.on('error', () => socket.destroy()))
        .pipe(socket);
    });
    await once(tunnel.listen(0, '127.0.0.1'), 'listening');
    const https = `http://127.0.0.1:${(tunnel.address() as AddressInfo).port}`;
    const direct = await examine({ url: `https://127.0.0.1:${port}` });
    const tunnelled = await examine({ url: 'https://gateway.invalid' }, { proxies: { ...noProxies, https } });
    server.close();
    tunnel.close();
    for (const { verdict, results } of [direct, tunnelled]) {
      expect(verdict).toBe('unreachable');
      expect(results[0]!.came).toMatch(/certificate is not trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
    }
  });
});

describe('the standby responder', () => {
  test('is red where a model would answer, and each of its refusals is what callers were promised', async () => {
    edge.target = standby.url;
    const diagnosis = await examine();
    expect(diagnosis.verdict).toBe('red');
    const { results } = diagnosis;
    expect(results.find(({ id }) => id === 'completion')!.came).toBe(
      'status 503, service_unavailable: no host serves the model now; one is being started, try again, Retry-After 30',
    );
    expect(idsWith(diagnosis, 'pass')).toEqual(
      expect.arrayContaining(['reachable', 'cors-preflight', 'cors-answers', 'request-id', 'error-envelope']),
    );
  });
});
