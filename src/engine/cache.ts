import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findKnownModel } from './model-table.ts';
import { codeOf, ModelError, toStorageError } from './model-error.ts';
import { findModelFileFault, writeWhole } from './model-file.ts';

/** What the cache remembers of a model, in `<name>.json` beside `<name>.gguf`. */
const metadataSchema = z.object({
  name: z.string(),
  file: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  source: z.string(),
  downloadedAt: z.string(),
});

/** What the cache remembers of a model. `sha256` is the pin: another download from the same source must match it. */
export type ModelMetadata = z.infer<typeof metadataSchema>;

/** A model in the cache. `metadata` is null when the file was put there by hand. */
export interface CachedModel {
  name: string;
  path: string;
  bytes: number;
  metadata: ModelMetadata | null;
}

/** Where the file of a known model belongs. */
export function modelPath(cacheDirectory: string, name: string): string {
  return join(cacheDirectory, `${name}.gguf`);
}

function metadataPath(cacheDirectory: string, name: string): string {
  return join(cacheDirectory, `${name}.json`);
}

/** What was written about a model, or null: nothing there, or nothing that can be understood. */
export async function readMetadata(cacheDirectory: string, name: string): Promise<ModelMetadata | null> {
  const text = await readFile(metadataPath(cacheDirectory, name), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return metadataSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Writes down what a finished download was. */
export async function writeMetadata(cacheDirectory: string, metadata: ModelMetadata): Promise<void> {
  await writeWhole(metadataPath(cacheDirectory, metadata.name), `${JSON.stringify(metadata, null, 2)}\n`);
}

/** The usable file of a known model, or null: absent, no GGUF, or of another size than was downloaded. */
export async function findCachedModel(cacheDirectory: string, name: string): Promise<CachedModel | null> {
  const path = modelPath(cacheDirectory, name);
  const info = await stat(path).catch(() => null);
  if (info === null || !info.isFile() || (await findModelFileFault(path)) !== null) return null;
  const metadata = await readMetadata(cacheDirectory, name);
  if (metadata !== null && metadata.bytes !== info.size) return null;
  return { name, path, bytes: info.size, metadata };
}

/** Every known model in the folder; strangers there are left alone, and a folder that is not there is an empty one. */
export async function listCachedModels(cacheDirectory: string): Promise<CachedModel[]> {
  const names = await readdir(cacheDirectory).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw toStorageError(error, cacheDirectory);
  });
  const known = names
    .filter((file) => file.endsWith('.gguf'))
    .flatMap((file) => findKnownModel(file.slice(0, -'.gguf'.length)) ?? []);
  const found = await Promise.all(known.map((model) => findCachedModel(cacheDirectory, model.name)));
  return found.filter((model) => model !== null);
}

/** Removes a known model with its metadata (and so its pin) and whatever a cut download left. Returns the bytes that became free. */
export async function removeCachedModel(cacheDirectory: string, name: string): Promise<number> {
  if (findKnownModel(name)?.name !== name) throw new ModelError('unknown', `${name} is no model of the cache`);
  const leftovers = [modelPath(cacheDirectory, name), partPath(cacheDirectory, name), `${partPath(cacheDirectory, name)}.json`];
  let freed = 0;
  for (const path of [...leftovers, packageFolder(cacheDirectory, name), metadataPath(cacheDirectory, name)]) {
    freed += await sizeOf(path);
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      throw toStorageError(error, path);
    });
  }
  return freed;
}

/** The growing file of a download from the hub. */
export function partPath(cacheDirectory: string, name: string): string {
  return `${modelPath(cacheDirectory, name)}.part`;
}

/** The folder in which a package client works. */
export function packageFolder(cacheDirectory: string, name: string): string {
  return `${modelPath(cacheDirectory, name)}.package`;
}

/** Bytes of a file, or of the files below a folder; 0 where there is nothing. */
export async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch(() => null);
  if (info === null) return 0;
  if (!info.isDirectory()) return info.size;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
