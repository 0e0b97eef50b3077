import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf, ModelError, toStorageError } from './model-error.ts';

/** Left free on the disk beside a model. */
const spareBytes = 16_000_000;

/** What is wrong with the file at `path` as a GGUF model, in words, or null when nothing is: it exists, can be read and starts with the magic. */
export async function findModelFileFault(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
      return bytesRead === 4 && buffer.toString('latin1') === 'GGUF'
        ? null
        : 'is not a GGUF file (its first four bytes are not "GGUF")';
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
    if (code === 'EISDIR') return 'is a folder, not a file';
    if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
    throw error;
  }
}

/** SHA-256 of a file as lower-case hex. */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Makes the folder of models. Throws a storage error that says what to do when that is not possible. */
export async function ensureFolder(folder: string): Promise<void> {
  await makeFolder(resolve(folder)).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw toStorageError(error, folder);
    throw new ModelError('storage', `no folder can be made at ${folder}; choose another one with SLUICE_DATA`, { cause: error });
  });
}

/** One level at a time: Node's recursive mkdir never ends where a folder that is there answers ENOENT to a new one, as /proc does. */
async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  try {
    await mkdir(folder);
  } catch (error) {
    // Another process may have been quicker.
    if (!(await isFolder(folder))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** Free bytes for this user on the disk of a folder. */
export type FreeBytes = (folder: string) => Promise<number>;

/** Free bytes by the operating system's account; a file system that keeps none counts as endless. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}

/** Throws a storage error that names the missing bytes when `neededBytes` do not fit. */
export async function ensureSpace(folder: string, neededBytes: number, freeBytes: FreeBytes): Promise<void> {
  const free = await freeBytes(folder);
  const missing = neededBytes + spareBytes - free;
  if (missing <= 0) return;
  const [needed, there, lacking] = [neededBytes, free, missing].map((bytes) => `${Math.ceil(bytes / 1_000_000)} MB`);
  throw new ModelError(
    'storage',
    `not enough disk space in ${folder}: ${needed} to come, ${there} free, ${lacking} missing; free some or choose another folder with SLUICE_DATA`,
  );
}

/** Gives a finished file its final name: flushed to disk first, so that the name never stands for half a file. */
export async function publish(temporary: string, final: string): Promise<void> {
  try {
    const file = await open(temporary, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, final);
    await syncFolder(dirname(final));
  } catch (error) {
    throw toStorageError(error, final);
  }
}

/** Writes a small text file as a whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    throw toStorageError(error, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Makes a rename outlive a power cut. Not every system can flush a folder; those that cannot do without. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
