import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the fake has seen. */
export interface SeenRequest {
  path: string;
  range: string | undefined;
  ifRange: string | undefined;
}

/** What the fake does with the next requests for a file's bytes; without one it serves them. */
export type Fault =
  | { kind: 'cut'; afterBytes: number }
  | { kind: 'stall'; afterBytes: number }
  | { kind: 'status'; status: number };

/**
 * The model hub on loopback: `/<repository>/resolve/main/<file>` redirects to the bytes with `x-linked-etag` and `x-linked-size`, as the real one
 * does for large files, and the bytes honour `Range` and `If-Range`.
 */
export class FakeHub {
  content: Buffer;
  /** Announced as `x-linked-etag`; null announces nothing. */
  announcedSha256: string | null;
  etag: string;
  /** Where a file is said to be; null: here. */
  redirectTo: string | null = null;
  readonly faults: Fault[] = [];
  readonly seen: SeenRequest[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor(content: Buffer) {
    this.content = content;
    this.announcedSha256 = sha256(content);
    this.etag = `"${this.announcedSha256.slice(0, 16)}"`;
  }

  /** Replaces the file by another one, as an upload does. */
  replace(content: Buffer): void {
    this.content = content;
    this.announcedSha256 = sha256(content);
    this.etag = `"${this.announcedSha256.slice(0, 16)}"`;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The ranges asked of the bytes themselves, in order. */
  get ranges(): (string | undefined)[] {
    return this.seen.filter(({ path }) => path.startsWith('/bytes/')).map(({ range }) => range);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    this.seen.push({ path, range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined });
    if (path.includes('/resolve/main/')) {
      const announced = this.announcedSha256 === null ? {} : { 'x-linked-etag': `"${this.announcedSha256}"` };
      response
        .writeHead(302, {
          location: this.redirectTo ?? `/bytes/${path.split('/').at(-1)}`,
          'x-linked-size': this.content.length,
          ...announced,
        })
        .end();
      return;
    }
    const fault = this.faults.shift();
    if (fault?.kind === 'status') {
      response.writeHead(fault.status).end();
      return;
    }
    const ifRange = request.headers['if-range'];
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
    const isPartial = start >= 0 && (ifRange === undefined || ifRange === this.etag);
    if (isPartial && start >= this.content.length) {
      response.writeHead(416, { 'content-range': `bytes */${this.content.length}`, etag: this.etag }).end();
      return;
    }
    const body = isPartial ? this.content.subarray(start) : this.content;
    const range = isPartial ? { 'content-range': `bytes ${start}-${this.content.length - 1}/${this.content.length}` } : {};
    response.writeHead(isPartial ? 206 : 200, { 'content-length': body.length, etag: this.etag, ...range });
    if (fault === undefined) response.end(body);
    else
      response.write(body.subarray(0, fault.afterBytes), () => fault.kind === 'cut' && setTimeout(() => response.destroy(), 20));
  }
}

/** SHA-256 as lower-case hex. */
export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Bytes that begin as a GGUF file does, different for each seed and at each place. */
export function fakeModel(bytes: number, seed: number): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) content.writeUInt32LE((at * 2654435761 + seed * 97) >>> 0, at);
  content.write('GGUF', 0, 'latin1');
  return content;
}
