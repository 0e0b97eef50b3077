/** What the owner of a `MessageParser` hears: `onHead`, any number of `onBody`, `onEnd`, and again for the next message. */
export type MessageListener = {
  /** `startLine` as received; `headers` lower-cased, `\r\n` before each. */
  onHead(startLine: string, headers: string): void;
  onBody(piece: Buffer): void;
  onEnd(): void;
};

type State = 'head' | 'counted' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close';

const empty = Buffer.alloc(0);

/**
 * Reads HTTP/1.1 messages from a socket's bytes: just enough of the protocol for peers that we start ourselves, at a fraction of what
 * node:http costs, so that mock and load client are never what is measured. Not for untrusted input.
 */
export class MessageParser {
  readonly #listener: MessageListener;
  readonly #isResponse: boolean;
  #state: State = 'head';
  #left = 0;
  #rest: Buffer = empty;

  constructor(kind: 'request' | 'response', listener: MessageListener) {
    this.#isResponse = kind === 'response';
    this.#listener = listener;
  }

  /** Takes the next bytes of the socket. */
  push(piece: Buffer): void {
    let data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    this.#rest = empty;
    while (data.length > 0) {
      const after = this.#step(data);
      if (after === undefined) {
        this.#rest = data;
        return;
      }
      data = after;
    }
  }

  /** The socket has ended: ends a message whose body runs until then. */
  close(): void {
    if (this.#state === 'until-close') this.#end();
  }

  /** Consumes one part of the message; undefined when more bytes are needed. */
  #step(data: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(data);
      case 'counted':
        return this.#readCounted(data, () => this.#end());
      case 'chunk':
        return this.#readCounted(data, () => (this.#state = 'chunk-end'));
      case 'chunk-end':
        return this.#readLine(data, () => (this.#state = 'chunk-size'));
      case 'chunk-size':
        return this.#readLine(data, (line) => {
          this.#left = Number.parseInt(line, 16);
          this.#state = this.#left === 0 ? 'trailer' : 'chunk';
        });
      case 'trailer':
        return this.#readLine(data, (line) => {
          if (line === '') this.#end();
        });
      case 'until-close':
        this.#listener.onBody(data);
        return empty;
    }
  }

  #readHead(data: Buffer): Buffer | undefined {
    const end = data.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const text = data.toString('latin1', 0, end);
    const lineEnd = text.indexOf('\r\n');
    const startLine = lineEnd < 0 ? text : text.slice(0, lineEnd);
    const headers = lineEnd < 0 ? '' : text.slice(lineEnd).toLowerCase();
    this.#listener.onHead(startLine, headers);
    const length = /\r\ncontent-length: *(\d+)/.exec(headers)?.[1];
    if (headers.includes('\r\ntransfer-encoding: chunked')) this.#state = 'chunk-size';
    else if (length !== undefined && length !== '0') {
      this.#left = Number(length);
      this.#state = 'counted';
    } else if (length === undefined && this.#isResponse) this.#state = 'until-close';
    else this.#end();
    return data.subarray(end + 4);
  }

  #readCounted(data: Buffer, done: () => void): Buffer {
    const size = Math.min(this.#left, data.length);
    this.#left -= size;
    this.#listener.onBody(size === data.length ? data : data.subarray(0, size));
    if (this.#left === 0) done();
    return data.subarray(size);
  }

  #readLine(data: Buffer, take: (line: string) => void): Buffer | undefined {
    const end = data.indexOf('\r\n');
    if (end < 0) return undefined;
    take(data.toString('latin1', 0, end));
    return data.subarray(end + 2);
  }

  #end(): void {
    this.#state = 'head';
    this.#listener.onEnd();
  }
}
