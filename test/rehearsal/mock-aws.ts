import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '../../src/config/environment.ts';
import { findMoto } from './moto-installation.ts';
import type { Violation } from './violations.ts';

/** What the mock is to do wrong, and what it is to say. Each key replaces what stood there. docs/rehearsal.md tells them one by one. */
export interface Faults {
  /** EC2's error code by instance type that is not to be had: `{ 'g5.xlarge': 'InsufficientInstanceCapacity' }`. */
  capacity?: Record<string, 'InsufficientInstanceCapacity' | 'VcpuLimitExceeded' | 'Unsupported'>;
  /** Operations that are refused: `['elasticloadbalancing:CreateLoadBalancer', 'iam:*']`. */
  deny?: string[];
  /** Milliseconds that an operation takes: `{ 'ec2:CreateVpc': 5000 }`. */
  delay?: Record<string, number>;
  /** How many answers of operations get lost on the way, though they are done: `{ 'dynamodb:PutItem': 1 }`. Not of S3. */
  lose?: Record<string, number>;
  /** EC2's quotas, vCPUs by code. */
  quotas?: Record<string, number>;
  /** What builds do, by the name of their project. */
  builds?: Record<string, BuildScript>;
}

/** A build is under way for `polls` looks at it and then ends with `status`. */
export interface BuildScript {
  status?: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED';
  polls?: number;
  phases?: { phaseType: string; phaseStatus?: string; statusCode?: string; message?: string }[];
  logs?: string[];
  exports?: Record<string, string>;
  /** Written when the build succeeds. */
  objects?: { bucket: string; key: string; body: string }[];
}

/** The account that the mock plays. */
export const mockAccountId = '123456789012';

/** One request to the mock, as it came. */
export interface AwsRequest {
  /** `service:Operation`, with the service as IAM writes it and the operation as its API does; `?` where the mock does not say. */
  operation: string;
  /** Access key of who asks: the tests give each actor one of its own. */
  actor: string;
  /** As its signature has it. */
  service: string;
  region: string;
  method: string;
  /** With its query. */
  path: string;
  /** Of the body. */
  type: string;
  /** Empty for S3. */
  body: string;
}

/** A running mock of AWS. */
export interface MockAws {
  url: string;
  /** For children and clients: endpoint and credentials. Without these variables nothing of ours reaches AWS by mistake. */
  variables: Record<string, string>;
  setFaults: (faults: Faults) => Promise<void>;
  clearFaults: () => Promise<void>;
  /** How often each operation was called, as `service:Operation`. */
  calls: () => Promise<Record<string, number>>;
  /** Every request since the account was last emptied. */
  requests: () => Promise<AwsRequest[]>;
  /** Settles when an operation has been called. Rejects after the time limit. */
  untilCalled: (operation: string, limitMs: number) => Promise<void>;
  /** What AWS would have refused since the mock started, or since they were forgotten: a reset keeps them. */
  violations: () => Promise<Violation[]>;
  forgetViolations: () => Promise<void>;
  /** An account with nothing in it and no faults. */
  reset: () => Promise<void>;
  /** How the server ended by itself, `signal SIGKILL` or `status 1`; undefined while it runs. */
  ending: () => string | undefined;
  stop: () => Promise<void>;
}

const serverFile = fileURLToPath(new URL('mock-aws/serve.py', import.meta.url));

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A request to one of the mock's own paths. */
async function ask<T>(url: string, path: string, method = 'GET', body?: unknown): Promise<T> {
  const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`the mock refused ${method} ${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Another mock may have taken the port in between; its answers do not count. */
async function untilReady(child: ChildProcess, url: string, identity: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const ending = endingOf(child);
    if (ending !== undefined) throw new Error(`the mock of AWS ended with ${ending}`);
    if ((await ask(url, '/sluice/identity').catch(() => undefined)) === identity) return;
    await pause(100);
  }
  throw new Error('the mock of AWS did not answer within 60 s');
}

const endingOf = ({ signalCode, exitCode }: ChildProcess): string | undefined =>
  signalCode !== null ? `signal ${signalCode}` : exitCode !== null ? `status ${exitCode}` : undefined;

async function stopChild(child: ChildProcess): Promise<void> {
  if (endingOf(child) !== undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(killer);
}

export interface MockAwsOptions {
  /** What the server prints, an operation that it lacks for one; nowhere unless given. */
  logFile?: string;
  region?: string;
  /** Whether the server outlives this process. */
  isKept?: boolean;
}

async function start(python: string, port: number, identity: string, logFile = devNull): Promise<ChildProcess> {
  const log = await open(logFile, 'a');
  try {
    return spawn(python, [serverFile, '-H', '127.0.0.1', '-p', String(port)], {
      stdio: ['ignore', log.fd, log.fd],
      // A group of its own: an interrupt at the terminal is for the rehearsal, which stops the server when it is done.
      detached: true,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PYTHONDONTWRITEBYTECODE: '1',
        MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
        MOTO_ACM_VALIDATION_WAIT: '1',
        SLUICE_MOCK_IDENTITY: identity,
      },
    });
  } finally {
    await log.close();
  }
}

/** Starts the mock on a free port of this machine and waits until it answers. Throws with the command that installs it if moto is missing. */
export async function startMockAws(options: MockAwsOptions = {}): Promise<MockAws> {
  const python = await findMoto(readEnvironment(process.env).tofu.cacheDirectory);
  if (python === undefined) throw new Error('moto is not installed: run `npm run rehearse -- --install`');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const identity = randomUUID();
  const child = await start(python, port, identity, options.logFile);
  if (options.isKept === true) child.unref();
  const stop = () => stopChild(child);
  try {
    await untilReady(child, url, identity);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    variables: variablesFor(url, options.region ?? 'us-east-1'),
    ...controls(url),
    ending: () => endingOf(child),
    stop,
  };
}

const variablesFor = (url: string, region: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: 'testing',
  AWS_SECRET_ACCESS_KEY: 'testing',
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_EC2_METADATA_DISABLED: 'true',
  // No profile of whoever runs this is to come in between.
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
});

function controls(url: string): Omit<MockAws, 'url' | 'variables' | 'ending' | 'stop'> {
  const calls = () => ask<Record<string, number>>(url, '/sluice/calls');
  return {
    calls,
    requests: () => ask<AwsRequest[]>(url, '/sluice/requests'),
    setFaults: async (faults) => void (await ask(url, '/sluice/faults', 'POST', faults)),
    clearFaults: async () => void (await ask(url, '/sluice/faults', 'DELETE')),
    violations: () => ask<Violation[]>(url, '/sluice/violations'),
    forgetViolations: async () => void (await ask(url, '/sluice/violations', 'DELETE')),
    reset: async () => void (await ask(url, '/moto-api/reset', 'POST')),
    untilCalled: async (operation, limitMs) => {
      const deadline = Date.now() + limitMs;
      while (Date.now() < deadline) {
        if (((await calls())[operation] ?? 0) > 0) return;
        await pause(50);
      }
      throw new Error(`${operation} was not called within ${limitMs / 1000} s`);
    },
  };
}
