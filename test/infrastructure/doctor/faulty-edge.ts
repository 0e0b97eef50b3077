import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the edge sees it. */
export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  /** The body, where it is an object of JSON. */
  body: Record<string, unknown>;
}

/** An answer that the edge may change before it passes it on. */
export interface Passing {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** What the edge does wrong. */
export interface Misbehaviour {
  /** Answers by itself; null: never answers. */
  answers?: (seen: Seen) => Passing | null | undefined;
  /** Whether `changes` is asked; the answer is then held back until it is whole. */
  holds?: (seen: Seen) => boolean;
  changes?: (answer: Passing, seen: Seen) => void;
  /** Lets callers say who they are. */
  believesCallers?: true;
  /** Counts nobody: every request has another address. */
  forgetsCallers?: true;
}

/** What stands in front of the gateway: like API Gateway it says who calls, whatever the caller says. Misbehaves on demand. */
export class FaultyEdge {
  misbehaviour: Misbehaviour = {};
  target: string;
  #address = 1;
  readonly #server: Server;

  private constructor(target: string) {
    this.target = target;
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(target: string): Promise<FaultyEdge> {
    const edge = new FaultyEdge(target);
    edge.#server.listen(0, '127.0.0.1');
    await once(edge.#server, 'listening');
    return edge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** To the gateway, callers are others from now on: as if their minute were over. */
  forgetCallers(): void {
    this.#address++;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const bytes = Buffer.concat(parts);
    const seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: asObject(bytes.toString()),
    };
    const own = this.misbehaviour.answers?.(seen);
    if (own === null) return;
    if (own !== undefined) {
      response.writeHead(own.status, plain(own.headers)).end(own.text);
      return;
    }
    if (this.misbehaviour.forgetsCallers) this.#address++;
    const claimed = this.misbehaviour.believesCallers === true ? request.headers['x-client-ip'] : undefined;
    const headers = { ...request.headers, 'x-client-ip': claimed ?? `10.0.${this.#address >> 8}.${this.#address & 255}` };
    const onward = httpRequest(this.target + seen.path, { method: seen.method, headers, agent: false }, (answer) => {
      if (this.misbehaviour.holds?.(seen) === true) void this.#change(answer, response, seen);
      else {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }
    });
    response.on('close', () => onward.destroy());
    onward.on('error', () => response.destroy()).end(bytes);
  }

  async #change(answer: IncomingMessage, response: ServerResponse, seen: Seen): Promise<void> {
    let text = '';
    for await (const part of answer.setEncoding('utf8')) text += String(part);
    const passing: Passing = { status: answer.statusCode ?? 502, headers: { ...answer.headers }, text };
    this.misbehaviour.changes?.(passing, seen);
    delete passing.headers['content-length'];
    delete passing.headers['transfer-encoding'];
    response.writeHead(passing.status, plain(passing.headers)).end(passing.text);
  }
}

function asObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function plain(headers: Passing['headers']): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
