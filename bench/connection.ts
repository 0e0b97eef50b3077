import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { MessageParser } from './http-message.ts';

/** Where a peer listens, and the headers it wants besides the common ones. */
export type Target = { port: number; headers: Record<string, string> };

/** A stream to ask the mock for: so many chunks, one every `delayMs`; its abort is reported under the tag. */
export type StreamRequest = { chunks: number; delayMs: number; tag?: string };

/** A chat request ready to be written to a socket; with `stream`, one for a stream as the mock reads it (see mock-engine.ts). */
export function encodeChat(target: Target, stream?: StreamRequest): Buffer {
  const text = JSON.stringify(stream === undefined ? chatBody : streamBody(stream));
  const headers = Object.entries({ ...commonHeaders, ...target.headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return encode(
    target,
    'POST',
    '/v1/chat/completions',
    `${headers.join('')}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

/** A request without a body. */
export function encodeGet(target: Target, path: string): Buffer {
  return encode(target, 'GET', path, '\r\n');
}

/** The headers of every chat request. */
export const commonHeaders = { 'content-type': 'application/json', authorization: 'Bearer bench' };

/** The body of every plain chat request. */
export const chatBody = {
  model: 'bench-model',
  messages: [
    { role: 'system', content: 'You are a helpful assistant. Answer in one short paragraph.' },
    { role: 'user', content: 'What does a gateway in front of a language model have to do for every request?' },
  ],
  temperature: 0.7,
  max_tokens: 64,
};

function streamBody({ chunks, delayMs, tag }: StreamRequest): object {
  const content = `Count. [bench chunks=${chunks}&delay=${delayMs}&tag=${tag ?? ''}]`;
  return { ...chatBody, messages: [...chatBody.messages, { role: 'user', content }], stream: true };
}

function encode(target: Target, method: string, path: string, rest: string): Buffer {
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${target.port}\r\n${rest}`);
}

type Exchange = {
  onBody: ((piece: Buffer) => void) | undefined;
  resolve: (status: number) => void;
  reject: (error: Error) => void;
};

/** A client connection on a raw socket, for one exchange at a time. */
export class Connection {
  readonly #socket: Socket;
  #exchange: Exchange | undefined;
  #status = 0;

  constructor(target: Target) {
    this.#socket = connect(target.port, '127.0.0.1').setNoDelay(true);
    const parser = new MessageParser('response', {
      onHead: (startLine) => (this.#status = Number(startLine.split(' ', 2)[1])),
      onBody: (piece) => this.#exchange?.onBody?.(piece),
      onEnd: () => this.#settle()?.resolve(this.#status),
    });
    this.#socket.on('data', (piece) => parser.push(piece));
    this.#socket.on('error', (error) => this.#settle()?.reject(error));
    this.#socket.on('close', () => {
      parser.close();
      this.#settle()?.reject(new Error('the connection closed within an answer'));
    });
  }

  /** Whether another exchange can be tried on it. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && !this.#socket.readableEnded;
  }

  /** Sends a request and resolves with the status when its answer has ended; `onBody` gets the body as it comes. */
  async exchange(request: Buffer, onBody?: (piece: Buffer) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#exchange = { onBody, resolve, reject };
      this.#socket.write(request);
    });
  }

  /** Leaves at once, within an answer or not. */
  destroy(): void {
    this.#socket.destroy();
  }

  #settle(): Exchange | undefined {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    return exchange;
  }
}
