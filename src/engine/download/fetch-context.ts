import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { DownloadProgress } from '../engine.ts';
import type { FreeBytes } from '../model-file.ts';
import type { KnownModel } from '../model-table.ts';

/** What fetching a model from any source needs. */
export interface FetchContext {
  model: KnownModel;
  cacheDirectory: string;
  signal: AbortSignal;
  clock: Clock;
  freeBytes: FreeBytes;
  openWriter: OpenWriter;
  onProgress(progress: DownloadProgress): void;
  /** Called once when another process is downloading the model already. */
  onWait?: ((holder: string) => void) | undefined;
}

/** A fetched file that is whole and checked, but has not got its final name yet. */
export interface FetchedFile {
  path: string;
  bytes: number;
  sha256: string;
}

/** Opens a file for writing from byte `start` on; 0 empties it first. */
export type OpenWriter = (path: string, start: number) => Writable;

/** Opens a file of the disk. */
export function openFileWriter(path: string, start: number): Writable {
  return createWriteStream(path, { flags: start === 0 ? 'w' : 'r+', start });
}
