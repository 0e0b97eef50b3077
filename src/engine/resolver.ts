import { basename, resolve } from 'node:path';
import { findCachedModel, modelPath } from './cache.ts';
import { systemClock, type Clock } from './clock.ts';
import type { DownloadProgress } from './engine.ts';
import { openFileWriter, type OpenWriter } from './download/fetch-context.ts';
import { fetchModel, type SourceOptions, type TriedSource } from './download/fetch-model.ts';
import { ModelError, messageOf, toStorageError } from './model-error.ts';
import { findModelFileFault, freeBytesOf, type FreeBytes } from './model-file.ts';
import { defaultModel, demoModel, findKnownModel, unknownModelMessage, type KnownModel } from './model-table.ts';
import { networkTimings, type NetworkSettings } from './download/network.ts';
import { packageClients, packageTimings } from './download/package-client.ts';

/** What resolving a model needs. What is optional is for tests. */
export interface ResolveOptions extends Partial<Omit<SourceOptions, 'network'>> {
  cacheDirectory: string;
  /** False: only a path, the cache or the demo. */
  allowDownload: boolean;
  /** Whether the demo may stand in when the default model cannot be had. */
  allowDemo: boolean;
  network: NetworkSettings;
  signal: AbortSignal;
  onProgress(progress: DownloadProgress): void;
  /** Called once when another process is downloading the model already. */
  onWait?(holder: string): void;
  /** Writes the generated model to a path, in one step. */
  writeDemo(path: string): Promise<void>;
  clock?: Clock;
  freeBytes?: FreeBytes;
  openWriter?: OpenWriter;
}

/** A model file that is ready to load. */
export interface ResolvedModel {
  path: string;
  name: string;
  isDemo: boolean;
  /** What the table knows; null for a file of one's own. */
  known: KnownModel | null;
  /** Sources that failed on the way. */
  tried: TriedSource[];
}

/** A setting that means a file rather than a name: it ends in `.gguf` or holds a slash. */
function isModelPath(setting: string): boolean {
  return setting.toLowerCase().endsWith('.gguf') || /[\\/]/.test(setting);
}

/** Throws the `ModelError` of a setting that no try would make good: a name that nobody knows, or a path without a model file. */
export async function checkModelSetting(setting: string): Promise<void> {
  if (isModelPath(setting)) await resolvePath(setting);
  else knownModel(setting);
}

function knownModel(name: string): KnownModel {
  const known = findKnownModel(name);
  if (known === null) throw new ModelError('unknown', unknownModelMessage(name));
  return known;
}

/**
 * Finds the file of a model: a path; else the cache; else a download; else, for the default model and where it is allowed, the generated demo.
 * Throws a `ModelError` that says what to do, or the signal's reason.
 */
export async function resolveModel(setting: string, options: ResolveOptions): Promise<ResolvedModel> {
  if (isModelPath(setting)) return resolvePath(setting);
  const known = knownModel(setting);
  if (known.name === demoModel) return makeDemo(options, []);
  const cached = await findCachedModel(options.cacheDirectory, known.name);
  if (cached !== null) return { path: cached.path, name: known.name, isDemo: false, known, tried: [] };
  const mayStandIn = options.allowDemo && known.name === defaultModel;
  try {
    return await download(known, options);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!mayStandIn || !(error instanceof ModelError)) throw error;
    return makeDemo(
      options,
      error instanceof DownloadError ? error.tried : [{ source: options.cacheDirectory, reason: error.message }],
    );
  }
}

/** No source could give the model. */
class DownloadError extends ModelError {
  readonly tried: TriedSource[];

  constructor(message: string, tried: TriedSource[]) {
    super('source', message);
    this.tried = tried;
  }
}

async function resolvePath(setting: string): Promise<ResolvedModel> {
  const path = resolve(setting);
  const fault = await findModelFileFault(path);
  if (fault !== null) throw new ModelError('unknown', `the model file ${path} ${fault}`);
  return { path, name: basename(path).replace(/\.gguf$/i, ''), isDemo: false, known: null, tried: [] };
}

async function download(known: KnownModel, options: ResolveOptions): Promise<ResolvedModel> {
  if (!options.allowDownload) {
    const tried = [{ source: options.cacheDirectory, reason: 'the model is not there, and downloads are switched off' }];
    throw new DownloadError(
      `${known.name} is not in ${options.cacheDirectory} and downloads are switched off; put the file there as ${known.name}.gguf or allow downloads`,
      tried,
    );
  }
  const { cacheDirectory, network, signal, onProgress } = options;
  const { cached, tried } = await fetchModel(
    {
      model: known,
      cacheDirectory,
      signal,
      onProgress,
      onWait: options.onWait,
      clock: options.clock ?? systemClock,
      freeBytes: options.freeBytes ?? freeBytesOf,
      openWriter: options.openWriter ?? openFileWriter,
    },
    {
      network,
      networkTimings: options.networkTimings ?? networkTimings,
      packageClients: options.packageClients ?? packageClients,
      packageTimings: options.packageTimings ?? packageTimings,
    },
  );
  if (cached !== null) return { path: cached.path, name: known.name, isDemo: false, known, tried };
  const reasons = tried.map(({ source, reason }) => `${source}: ${reason}`).join('; ');
  throw new DownloadError(
    `${known.name} cannot be downloaded (${reasons}); check the network and try again, or put the file at ${modelPath(cacheDirectory, known.name)}`,
    tried,
  );
}

/** Writes the generated model anew, since another version of Sluice may have left another one. */
async function makeDemo(options: ResolveOptions, tried: TriedSource[]): Promise<ResolvedModel> {
  const path = modelPath(options.cacheDirectory, demoModel);
  try {
    await options.writeDemo(path);
  } catch (error) {
    const fault = toStorageError(error, path);
    if (fault instanceof ModelError) throw fault;
    throw new ModelError('storage', `the demo model cannot be written to ${path}: ${messageOf(error)}`, { cause: error });
  }
  return { path, name: demoModel, isDemo: true, known: findKnownModel(demoModel), tried };
}
