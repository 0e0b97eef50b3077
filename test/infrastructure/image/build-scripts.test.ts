import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BuildScripts } from './build-scripts.ts';

const root = fileURLToPath(new URL('../../../infrastructure/artifacts', import.meta.url));
const revision = '0123456789abcdef0123456789abcdef01234567';
const model = 'someone/small';
const weightsKey = `weights/someone--small@${revision}`;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const gitHash = (text: string) =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex');

interface HubFile {
  text: string;
  isLarge?: boolean;
  /** What is sent in its place. */
  sent?: string;
  /** How often it breaks off before it is sent whole. */
  breaks?: number;
}

let files: Record<string, HubFile>;
let requests: string[];
let hub: Server;
let scripts: BuildScripts;

beforeAll(async () => {
  hub = createServer((request, response) => {
    const { url = '' } = request;
    requests.push(url);
    if (url === `/api/models/${model}/tree/${revision}?recursive=true`) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify([{ type: 'directory', path: 'onnx', oid: 'f'.repeat(40), size: 0 }, ...listed()]));
      return;
    }
    const file = files[url.replace(`/${model}/resolve/${revision}/`, '')];
    if (file === undefined) return void response.writeHead(404).end('not here');
    const whole = Buffer.from(file.sent ?? file.text);
    const [, from] = /bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
    const part = whole.subarray(Number(from ?? 0));
    const range = { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` };
    response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length, ...(from === undefined ? {} : range) });
    if ((file.breaks ?? 0) > 0) {
      file.breaks = (file.breaks ?? 0) - 1;
      response.write(part.subarray(0, Math.ceil(part.length / 2)), () => setImmediate(() => response.destroy()));
    } else response.end(part);
  });
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
});

afterAll(() => new Promise((resolve) => hub.close(resolve)));

beforeEach(() => {
  requests = [];
  files = {
    'config.json': { text: '{"model_type":"small"}' },
    'tokenizer.json': { text: '{"version":"1.0"}' },
    'tokenizer.model': { text: 'pieces', isLarge: true },
    'model-00001-of-00002.safetensors': { text: 'first weights', isLarge: true },
    'model-00002-of-00002.safetensors': { text: 'second weights', isLarge: true },
    'model.safetensors.index.json': { text: '{"weight_map":{}}' },
    LICENSE: { text: 'MIT' },
    'README.md': { text: 'not needed' },
    'modeling_small.py': { text: 'print("never fetched")' },
    'pytorch_model.bin': { text: 'other format', isLarge: true },
    'onnx/model.json': { text: '{}' },
  };
  scripts = new BuildScripts();
});

afterEach(() => scripts.remove());

function listed() {
  return Object.entries(files).map(([path, { text, isLarge }]) => ({
    type: 'file',
    path,
    size: Buffer.byteLength(text),
    oid: isLarge === true ? 'a'.repeat(40) : gitHash(text),
    ...(isLarge === true ? { lfs: { oid: sha256(text), size: Buffer.byteLength(text), pointerSize: 134 } } : {}),
  }));
}

const stage = (environment: Record<string, string> = {}) =>
  scripts.run('stage-weights.sh', {
    HUB_URL: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
    MODEL_NAME: model,
    MODEL_REVISION: revision,
    WEIGHTS_KEY: weightsKey,
    ...environment,
  });

const needed = [
  'LICENSE',
  'config.json',
  'model-00001-of-00002.safetensors',
  'model-00002-of-00002.safetensors',
  'model.safetensors.index.json',
  'tokenizer.json',
  'tokenizer.model',
];

const manifest = () => needed.map((path) => `${sha256(files[path]!.text)}  ${path}\n`).join('');

test('weights: what an engine needs is fetched at the commit, checked, and put into the bucket with the manifest last', async () => {
  const { code, output } = await stage();
  expect([code, output]).toEqual([0, expect.stringContaining('is whole')]);
  for (const path of needed) expect(scripts.object(`${weightsKey}/${path}`)).toBe(files[path]!.text);
  expect(scripts.object(`${weightsKey}/manifest.sha256`)).toBe(manifest());
  expect(requests.every((url) => url.includes(revision))).toBe(true);
  expect(requests.filter((url) => /README|\.py|\.bin|onnx\//.test(url))).toEqual([]);
  const writes = scripts.calls.filter((line) => /s3 (sync|cp) .* s3:\/\/bucket\/weights\S+$/.test(line));
  expect(writes.map((line) => line.replace(/.*s3:\/\/bucket\//, ''))).toEqual([weightsKey, `${weightsKey}/manifest.sha256`]);
});

test('weights: what a deployment is told names the folder, the manifest’s hash and the size', async () => {
  await stage();
  const staged = JSON.parse(scripts.object('staged/weights.json')!) as Record<string, unknown>;
  const size_bytes = needed.reduce((sum, path) => sum + files[path]!.text.length, 0);
  expect(staged).toEqual({ key: weightsKey, sha256: sha256(manifest()), size_bytes, staged_at: expect.stringMatching(/Z$/) });
});

test('weights: a second run fetches nothing large and writes no weights', async () => {
  await stage();
  const before = scripts.calls.length;
  requests = [];
  const { code, output } = await stage();
  expect([code, output]).toEqual([0, expect.stringContaining('has them already')]);
  expect(requests.filter((url) => url.includes('safetensors') && !url.endsWith('.json'))).toEqual([]);
  expect(scripts.calls.slice(before).filter((line) => line.includes('sync'))).toEqual([]);
  expect(scripts.object('staged/weights.json')).toContain(sha256(manifest()));
});

test('weights: a file that is missing in the bucket, or a manifest of other files, makes it stage again', async () => {
  scripts.putObject(`${weightsKey}/manifest.sha256`, manifest());
  expect((await stage()).output).toContain('is whole');
  scripts.putObject(`${weightsKey}/manifest.sha256`, 'something else');
  expect((await stage()).output).toContain('is whole');
  expect(scripts.object(`${weightsKey}/manifest.sha256`)).toBe(manifest());
});

test('weights: a download that breaks off goes on where it was', async () => {
  files['model-00001-of-00002.safetensors']!.breaks = 2;
  expect((await stage()).code).toBe(0);
  expect(requests.filter((url) => url.includes('00001'))).toHaveLength(3);
  expect(scripts.object(`${weightsKey}/model-00001-of-00002.safetensors`)).toBe('first weights');
});

test.for([
  ['a large file', 'model-00002-of-00002.safetensors', 'second WEIGHTS'],
  ['a small file', 'config.json', '{"model_type":"SMALL"}'],
  ['a file of another size', 'tokenizer.json', '{}'],
])('weights: %s with other content than the hub’s list says is refused, and nothing is staged', async ([, path, sent]) => {
  files[path!]!.sent = sent!;
  const { code, output } = await stage();
  expect([code, output]).toEqual([1, expect.stringContaining(`${path} is not what the hub's list says`)]);
  expect(scripts.object(`${weightsKey}/manifest.sha256`)).toBeNull();
  expect(scripts.object('staged/weights.json')).toBeNull();
});

test.for([
  [
    'no weights in the safetensors format',
    () => delete files['model-00001-of-00002.safetensors'] && delete files['model-00002-of-00002.safetensors'],
  ],
  ['no config.json', () => delete files['config.json']],
  ['a path that leads elsewhere', () => (files['../../evil.json'] = { text: '{}' })],
] as const)('weights: a repository with %s is refused', async ([message, change]) => {
  change();
  const { code, output } = await stage();
  expect([code, output]).toEqual([1, expect.stringContaining(message)]);
  expect(scripts.object('staged/weights.json')).toBeNull();
});

test('weights: a branch in the place of a commit, a commit that is not there, and a variable that is missing are refused', async () => {
  expect((await stage({ MODEL_REVISION: 'main' })).output).toContain('MODEL_REVISION=main is no commit');
  expect((await stage({ MODEL_REVISION: 'f'.repeat(40) })).output).toContain('the hub has no list');
  expect((await stage({ WEIGHTS_KEY: '' })).output).toContain('the variable WEIGHTS_KEY is empty');
});

test('weights: when the bucket refuses, the manifest does not follow', async () => {
  scripts.failOn('s3 sync', 1);
  const { code, output } = await stage();
  expect([code, output]).toEqual([1, expect.stringContaining('cannot write to')]);
  expect(scripts.object(`${weightsKey}/manifest.sha256`)).toBeNull();
});

const digest = `sha256:${'d'.repeat(64)}`;
const engine = (environment: Record<string, string> = {}) =>
  scripts.run('copy-engine.sh', {
    ENGINE_SOURCE: `docker.io/vllm/vllm-openai@${digest}`,
    ENGINE_TAG: 'v0.22.1-dddddddddddd',
    REPOSITORY: 'llm-dev-gpu/engine',
    REGISTRY: '123456789012.dkr.ecr.us-east-1.amazonaws.com',
    ...environment,
  });

test('engine: the image is copied under its digest, and a second run copies nothing', async () => {
  const { code, output } = await engine();
  expect([code, output]).toEqual([0, expect.stringContaining('staged')]);
  expect(scripts.tag('v0.22.1-dddddddddddd')).toBe(digest);
  expect(JSON.parse(scripts.object('staged/engine.json')!)).toMatchObject({
    image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine@${digest}`,
    source: `docker.io/vllm/vllm-openai@${digest}`,
  });
  expect(scripts.calls.filter((line) => line.includes('--tag'))).toEqual([expect.stringContaining('--prefer-index=false')]);
  await engine();
  expect(scripts.calls.filter((line) => line.includes('--tag'))).toHaveLength(1);
});

test('engine: a registry that refuses twice is asked a third time; one that refuses always fails with what to do', async () => {
  scripts.failOn('imagetools create --prefer-index=false', 2);
  expect((await engine()).code).toBe(0);
  scripts.remove();
  scripts = new BuildScripts();
  scripts.failOn('imagetools create --prefer-index=false', 99);
  scripts.failOn('skopeo --insecure-policy copy', 99);
  const { code, output } = await engine();
  expect([code, output]).toEqual([1, expect.stringContaining('name a mirror in engine.repository')]);
  expect(scripts.object('staged/engine.json')).toBeNull();
});

test('engine: what Docker Hub refuses to give is taken from Google’s mirror of it, by the same digest', async () => {
  scripts.failOn(' docker.io/vllm/', 99);
  expect((await engine()).code).toBe(0);
  expect(scripts.calls.at(-3)).toMatch(new RegExp(` mirror\\.gcr\\.io/vllm/vllm-openai@${digest}$`));
  expect(scripts.tag('v0.22.1-dddddddddddd')).toBe(digest);
  expect(JSON.parse(scripts.object('staged/engine.json')!)).toMatchObject({ source: `docker.io/vllm/vllm-openai@${digest}` });
});

test('engine: what cannot be copied a layer a request is copied in parts, and its digest looked at all the same', async () => {
  scripts.failOn('imagetools create --prefer-index=false', 99);
  const { code, output } = await engine();
  expect([code, output]).toEqual([0, expect.stringContaining('in parts')]);
  expect(scripts.calls.filter((line) => line.startsWith('skopeo'))).toEqual([
    expect.stringMatching(
      new RegExp(
        `docker://docker\\.io/vllm/vllm-openai@${digest} docker://${registry}/llm-dev-gpu/engine:v0\\.22\\.1-dddddddddddd$`,
      ),
    ),
  ]);
  expect(scripts.tag('v0.22.1-dddddddddddd')).toBe(digest);
});

test('engine: another registry than Docker Hub has no mirror that is asked unbidden', async () => {
  scripts.failOn('imagetools create --prefer-index=false', 99);
  scripts.failOn('skopeo --insecure-policy copy', 99);
  await engine({ ENGINE_SOURCE: `quay.io/vllm/vllm@${digest}` });
  expect(scripts.calls.filter((line) => line.includes('mirror.gcr.io'))).toEqual([]);
});

test('engine: a copy under another digest is not used, and neither is what already lies under the tag', async () => {
  const other = `sha256:${'e'.repeat(64)}`;
  expect((await engine({ WRONG_DIGEST: other })).output).toContain(`the copy is ${other}`);
  expect((await engine()).output).toContain(`is ${other}, not ${digest}`);
  expect(scripts.object('staged/engine.json')).toBeNull();
});

test('engine: a repository that cannot be read is not taken for an empty one', async () => {
  scripts.failOn('ecr describe-images', 1);
  const { code, output } = await engine();
  expect([code, output]).toEqual([1, expect.stringContaining('cannot look into llm-dev-gpu/engine')]);
  expect(scripts.calls.some((line) => line.includes('imagetools'))).toBe(false);
});

const registry = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
const gateway = (environment: Record<string, string> = {}) => {
  scripts.putSource('Dockerfile', 'FROM scratch\n');
  return scripts.run('build-gateway.sh', {
    SOURCE_REVISION: revision,
    SOURCE_LABEL: '0.1.0',
    NODE_IMAGE: 'public.ecr.aws/docker/library/node:24.21.0-bookworm-slim',
    NODE_DIGEST: '',
    REPOSITORY: 'llm-dev-gpu/gateway',
    REGISTRY: registry,
    ...environment,
  });
};

test('gateway: both architectures are built on one digest of the base and pushed with the revision; the index’s digest is told', async () => {
  const { code, output } = await gateway();
  expect([code, output]).toEqual([0, expect.stringContaining('staged')]);
  const builds = scripts.calls.filter((line) => line.includes('buildx build'));
  expect(builds).toEqual([expect.stringContaining('--platform linux/amd64'), expect.stringContaining('--platform linux/arm64')]);
  for (const line of builds) expect(line).toContain(`NODE_DIGEST=sha256:${'b'.repeat(64)}`);
  // An attestation would make an index of each, and the repository keeps by their number.
  for (const line of builds) expect(line).toContain('--provenance=false --load');
  for (const line of builds) expect(line).toContain(`--build-arg VERSION=0.1.0 --build-arg REVISION=${revision} .`);
  expect(scripts.tag(revision)).toBe(`sha256:${'c'.repeat(64)}`);
  expect(JSON.parse(scripts.object('staged/gateway.json')!)).toMatchObject({
    image: `${registry}/llm-dev-gpu/gateway@sha256:${'c'.repeat(64)}`,
    source: revision,
    base: `public.ecr.aws/docker/library/node:24.21.0-bookworm-slim@sha256:${'b'.repeat(64)}`,
  });
});

test('gateway: a revision that is there is not built again, and what broke off goes on with what lacks', async () => {
  scripts.putTag(`${revision}-amd64`, `sha256:${'1'.repeat(64)}`);
  await gateway();
  expect(scripts.calls.filter((line) => line.includes('buildx build'))).toEqual([expect.stringContaining('linux/arm64')]);
  const before = scripts.calls.length;
  expect((await gateway()).output).toContain('has this revision already');
  expect(scripts.calls.slice(before).filter((line) => line.startsWith('docker'))).toEqual([]);
});

test('gateway: a digest of the base that was given is used without asking', async () => {
  await gateway({ NODE_DIGEST: `sha256:${'9'.repeat(64)}` });
  expect(scripts.calls.some((line) => line.includes('imagetools inspect'))).toBe(false);
  expect(scripts.calls.find((line) => line.includes('buildx build'))).toContain(`NODE_DIGEST=sha256:${'9'.repeat(64)}`);
});

test('gateway: what fails says so and is not told as staged', async () => {
  expect((await gateway({ SOURCE_REVISION: 'given-at-start' })).output).toContain(
    'is not 40 hex digits: give it when you start the build',
  );
  expect((await gateway({ SOURCE_LABEL: 'a b' })).output).toContain('is no version');
  scripts.failOn('linux/arm64', 3);
  expect((await gateway()).output).toContain('the image for arm64 does not build');
  scripts.failOn('docker push', 99);
  expect((await gateway()).output).toContain('cannot push');
  expect(scripts.object('staged/gateway.json')).toBeNull();
});

test('gateway: a registry that refuses once while it builds is asked again', async () => {
  scripts.failOn('linux/arm64', 1);
  expect((await gateway()).code).toBe(0);
});

test('gateway: tags that another build of the same sources pushed meanwhile are taken, since none can be pushed twice', async () => {
  scripts.pushedMeanwhile();
  const { code, output } = await gateway();
  expect([code, output]).toEqual([0, expect.stringContaining(`${revision}-amd64 has come from another build meanwhile`)]);
  expect(JSON.parse(scripts.object('staged/gateway.json')!)).toMatchObject({ source: revision });
});

test('gateway: an archive without a Dockerfile at its top is refused', async () => {
  const { output } = await scripts.run('build-gateway.sh', {
    SOURCE_REVISION: revision,
    SOURCE_LABEL: '1',
    NODE_IMAGE: 'a',
    REPOSITORY: 'b',
    REGISTRY: 'c',
  });
  expect(output).toContain('there is no Dockerfile');
});

test('the scripts leave nothing in the folder for temporary files but what is told', async () => {
  await stage();
  expect(
    readdirSync(join(scripts.folder, 'tmp'), { recursive: true }).filter((name) => String(name).includes('safetensors')),
  ).toEqual([]);
});

test('shellcheck finds nothing in the scripts', () => {
  const names = readdirSync(join(root, 'scripts')).map((name) => join(root, 'scripts', name));
  expect(execFileSync('shellcheck', ['-x', ...names], { encoding: 'utf8' })).toBe('');
});

test('each buildspec runs scripts that are there, and every script is run by one', () => {
  const commands = readdirSync(join(root, 'buildspecs')).map((name) => {
    const spec = parse(readFileSync(join(root, 'buildspecs', name), 'utf8')) as {
      version: number;
      env: { shell: string };
      phases: Record<string, { commands: string[] }>;
    };
    expect([spec.version, spec.env.shell, Object.keys(spec.phases)]).toEqual([0.2, 'bash', ['pre_build', 'build']]);
    return Object.values(spec.phases).flatMap((phase) => phase.commands);
  });
  const run = commands.flat().flatMap((line) => /scripts\/([\w-]+\.sh)/.exec(line)?.[1] ?? []);
  expect(run.sort()).toEqual(
    readdirSync(join(root, 'scripts'))
      .filter((name) => name !== 'common.sh')
      .sort(),
  );
});
