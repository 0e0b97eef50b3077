import { Agent, request, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** A whole answer. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; throws where it is none. */
  json: () => Record<string, unknown>;
}

/** The error object of an envelope. */
export interface ErrorBody {
  message: string;
  type: string;
  param: string | null;
  code: string;
  retry_after?: number;
  details?: { field: string; message: string }[];
}

interface CallOptions {
  method?: string;
  headers?: Record<string, string | string[]>;
  /** A string or bytes as they are, anything else as JSON. */
  body?: unknown;
  agent?: Agent | false;
}

/** Sends one request on a connection of its own and collects the answer. */
export async function call(url: string, options: CallOptions = {}): Promise<Answer> {
  const response = await open(url, options).response;
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return toAnswer(response, Buffer.concat(parts).toString('utf8'));
}

/** A request whose answer is read bit by bit, or not at all. */
export interface OpenCall {
  request: ClientRequest;
  /** Resolves with the head of the answer. */
  response: Promise<IncomingMessage>;
}

export function open(url: string, { method, headers = {}, body, agent = false }: CallOptions = {}): OpenCall {
  const bytes = body === undefined ? null : typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body);
  const length = bytes === null ? {} : { 'content-length': String(Buffer.byteLength(bytes)) };
  const outgoing = request(url, {
    method: method ?? (bytes === null ? 'GET' : 'POST'),
    headers: { ...length, ...headers },
    agent,
  });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  // Whoever cuts the connection need not care for the answer.
  response.catch(() => undefined);
  outgoing.end(bytes);
  return { request: outgoing, response };
}

/** The next piece of a body. */
export async function nextPiece(response: IncomingMessage): Promise<string> {
  for (;;) {
    const piece = response.read() as Buffer | null;
    if (piece !== null) return piece.toString('utf8');
    if (response.readableEnded) return '';
    const { signal, abort } = withAbort();
    // The one that did not come would otherwise go on listening.
    await Promise.race([once(response, 'readable', { signal }), once(response, 'end', { signal })]).finally(abort);
  }
}

function withAbort(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** All data values of a stream, `[DONE]` included; comments are left out. */
export function dataOf(text: string): string[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice(6));
}

/** Sends bytes on a socket of its own and collects all that comes until the server closes, or until `until` is found. */
export async function rawCall(port: number, bytes: string | Buffer, until?: RegExp): Promise<string> {
  const socket = await openSocket(port);
  socket.write(bytes);
  const text = await readSocket(socket, until);
  socket.destroy();
  return text;
}

export async function openSocket(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host, allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Reads until `until` is found, or until the other side has closed. */
export function readSocket(socket: Socket, until?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const finish = () => {
      socket.off('data', onData).off('end', finish).off('close', finish);
      resolve(text);
    };
    const onData = (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (until?.test(text)) finish();
    };
    socket.on('data', onData).on('end', finish).on('close', finish);
  });
}

/** The first answer in a raw text. */
export function parseRaw(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = text.slice(end + 4);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    text: body,
    json: () => JSON.parse(body) as Record<string, unknown>,
  };
}

/** Resolves when `condition` holds; looks again whenever the event loop has gone round. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function toAnswer(response: IncomingMessage, text: string): Answer {
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
}
