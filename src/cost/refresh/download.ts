import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { GatewayError } from '../../errors.ts';
import type { IncomingHeaders, Transport } from '../../transport/transport.ts';

export interface DownloadOptions {
  transport: Transport;
  url: string;
  /** Where the whole file goes; until then `<path>.part` grows, with its ETag beside it. */
  path: string;
  /** Called with the bytes that are here and the size of the whole, when known. */
  onProgress(bytes: number, total: number | undefined): void;
  /** Longest silence of the server. */
  idleTimeoutMs: number;
}

const header = (headers: IncomingHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    (found) => found.size,
    () => 0,
  );
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** One attempt: asks for what is still missing and appends it. Resolves when the server has said everything. */
async function fetchRest(options: DownloadOptions, part: string, tagPath: string): Promise<void> {
  const have = await sizeOf(part);
  const tag = have > 0 ? await textOf(tagPath) : '';
  const resumed = have > 0 && tag !== '';
  const headers: Record<string, string> = resumed ? { range: `bytes=${have}-`, 'if-range': tag } : {};
  await new Promise<void>((done, fail) => {
    let out: ReturnType<typeof createWriteStream> | undefined;
    let received = 0;
    let total: number | undefined;
    let timer: NodeJS.Timeout | undefined;
    const stop = (cause: unknown): void => {
      clearTimeout(timer);
      exchange.abort();
      const reason = new GatewayError(
        'bad_gateway',
        `${options.url} broke off; what came is kept, run the command again to go on`,
        { cause },
      );
      if (out === undefined) fail(reason);
      else out.end(() => fail(reason));
    };
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => stop(new Error('silent for too long')), options.idleTimeoutMs);
    };
    const exchange = options.transport.exchange(
      { method: 'GET', url: options.url, headers, body: null },
      {
        onHeaders(status, answer) {
          if (status !== 200 && status !== 206) return stop(new Error(`status ${status}`));
          // A 200 to a range means that the file has changed: begin anew.
          const start = status === 206 ? have : 0;
          received = start;
          const length = header(answer, 'content-length');
          total = length === undefined ? undefined : start + Number(length);
          out = createWriteStream(part, { flags: status === 206 ? 'a' : 'w' });
          out.on('error', stop);
          writeFile(tagPath, header(answer, 'etag') ?? '').catch(stop);
          watch();
        },
        onData(chunk) {
          watch();
          received += chunk.length;
          options.onProgress(received, total);
          if (out?.write(chunk) === false) {
            exchange.pause();
            out.once('drain', () => exchange.resume());
          }
        },
        onEnd() {
          clearTimeout(timer);
          if (total !== undefined && received !== total) return stop(new Error('ended early'));
          out?.end(done);
        },
        onError: stop,
      },
    );
    watch();
  });
}

/**
 * Downloads a file of any size in constant memory. A cut download goes on where it stopped when the server still has the same file (ETag).
 * Throws `bad_gateway` when the server fails; what came so far stays for the next attempt.
 */
export async function download(options: DownloadOptions): Promise<void> {
  if ((await sizeOf(options.path)) > 0) return;
  await mkdir(dirname(options.path), { recursive: true });
  const part = `${options.path}.part`;
  const tagPath = `${options.path}.etag`;
  await fetchRest(options, part, tagPath);
  // The rename is the mark of a whole file, so the bytes must be on the disk before it.
  const file = await open(part, 'r+');
  await file.sync();
  await file.close();
  await rename(part, options.path);
  await rm(tagPath, { force: true });
}
