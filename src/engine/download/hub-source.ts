import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { backoffMs } from '../clock.ts';
import { partPath, sizeOf } from '../cache.ts';
import type { FetchContext, FetchedFile } from './fetch-context.ts';
import { drop, HubAnswerError, HubConnectionError, openHubFile, type HubAnswer } from './hub-request.ts';
import { messageOf, ModelError, toStorageError } from '../model-error.ts';
import { ensureSpace, findModelFileFault, sha256Of } from '../model-file.ts';
import { describeSource, type HubSource } from '../model-table.ts';
import { describeHost, describeNetworkError, openConnections, type NetworkSettings, type NetworkTimings } from './network.ts';
import { PartFile } from './part-file.ts';
import { ProgressMeter } from './progress-meter.ts';

/** Where the hub is, how patiently it is asked, and the hash that the file must have if it was downloaded before. */
export interface HubOptions {
  network: NetworkSettings;
  timings: NetworkTimings;
  pinnedSha256: string | null;
}

/**
 * Downloads a model file from the hub into its `.part` file, going on where an earlier try was cut, and checks its SHA-256 against the pin or
 * against what the hub announces. Tries again after a cut, and once from the start when what was pieced together is not the file; gives up at once
 * when the hub cannot be reached at all.
 */
export async function fetchFromHub(source: HubSource, context: FetchContext, options: HubOptions): Promise<FetchedFile> {
  if (!URL.canParse(options.network.hubEndpoint)) {
    throw new ModelError('source', `"${options.network.hubEndpoint}" (HF_ENDPOINT) is no address of a model hub`);
  }
  const connections = openConnections(options.network, options.timings);
  const part = new PartFile(partPath(context.cacheDirectory, context.model.name));
  try {
    const attempt = { ...options, connections, part };
    const arrived = await downloadWithRetries(source, context, attempt);
    try {
      return await check(part, arrived.announced, context, options);
    } catch (error) {
      if (!(error instanceof ModelError) || !arrived.isResumed) throw error;
    }
    // The piece that lay there was the fault, perhaps; the check has deleted it.
    const again = await downloadWithRetries(source, context, attempt);
    return await check(part, again.announced, context, options);
  } finally {
    await connections.destroy();
  }
}

interface Attempt extends HubOptions {
  connections: Dispatcher;
  part: PartFile;
}

interface Arrived {
  /** The SHA-256 that the hub announced, or null. */
  announced: string | null;
  /** Whether it is pieced together from more than one answer. */
  isResumed: boolean;
}

async function downloadWithRetries(source: HubSource, context: FetchContext, attempt: Attempt): Promise<Arrived> {
  const { part, timings } = attempt;
  let hasAnswered = false;
  for (let failures = 0; ;) {
    const before = await part.bytes();
    try {
      const answer = await openHubFile(source, {
        ...attempt,
        signal: context.signal,
        resume: await part.resumePoint(describeSource(source)),
      });
      hasAnswered = true;
      await receive(answer, source, context, attempt);
      return { announced: answer.sha256, isResumed: answer.startBytes > 0 };
    } catch (error) {
      context.signal.throwIfAborted();
      const isTransient = error instanceof HubAnswerError ? error.isTransient : hasAnswered;
      failures = (await part.bytes()) > before ? 1 : failures + 1;
      if (error instanceof ModelError || !isTransient || failures > timings.retries) throw toSourceError(error, attempt);
      await context.clock.sleep(backoffMs(failures - 1, timings.firstRetryMs, 30_000), context.signal);
    }
  }
}

async function receive(answer: HubAnswer, source: HubSource, context: FetchContext, { part }: Attempt): Promise<void> {
  const { body, startBytes, totalBytes } = answer;
  try {
    await ensureSpace(context.cacheDirectory, (totalBytes ?? context.model.sizeBytes) - startBytes, context.freeBytes);
    await part.describe({ source: describeSource(source), etag: answer.etag, sha256: answer.sha256, totalBytes }, startBytes);
  } catch (error) {
    drop(body);
    throw error;
  }
  const meter = new ProgressMeter({
    model: context.model.name,
    source: describeSource(source),
    totalBytes,
    startBytes,
    now: context.clock.now,
    emit: context.onProgress,
  });
  let received = startBytes;
  const count = async function* (chunks: Readable | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      received += chunk.length;
      meter.report(received);
      yield chunk;
    }
  };
  try {
    await pipeline(body, count, context.openWriter(part.path, startBytes), { signal: context.signal });
  } catch (error) {
    const fault = toStorageError(error, part.path);
    throw fault instanceof ModelError ? fault : new HubConnectionError(answer.host, error);
  } finally {
    meter.finish(received);
  }
  if (totalBytes !== null && received !== totalBytes) {
    throw new HubConnectionError(answer.host, new Error(`only ${received} of ${totalBytes} bytes arrived`));
  }
}

async function check(part: PartFile, announced: string | null, context: FetchContext, options: HubOptions): Promise<FetchedFile> {
  const sha256 = await sha256Of(part.path, context.signal);
  const expected = options.pinnedSha256 ?? announced;
  const fault = await findModelFileFault(part.path);
  if (expected !== null && sha256 !== expected) {
    await part.discard();
    throw new ModelError('source', `what arrived has the SHA-256 ${sha256}, but ${expected} was expected; it was deleted`);
  }
  if (fault !== null) {
    await part.discard();
    throw new ModelError('source', `what arrived ${fault}; it was deleted`);
  }
  return { path: part.path, bytes: await sizeOf(part.path), sha256 };
}

function toSourceError(thrown: unknown, { network, timings }: Attempt): ModelError {
  if (thrown instanceof ModelError) return thrown;
  if (thrown instanceof HubConnectionError) {
    return new ModelError('source', describeNetworkError(thrown.cause, describeHost(thrown.host, network), timings), {
      cause: thrown,
    });
  }
  return new ModelError('source', messageOf(thrown), { cause: thrown });
}
