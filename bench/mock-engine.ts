/**
 * The upstream of every measure: an OpenAI-compatible mock, in a process of its own and on raw sockets, so that it costs next to nothing.
 *
 * `node bench/mock-engine.ts [port]` prints `listening PORT`. What a stream looks like is said in a message, since every gateway passes
 * those through: `[bench chunks=64&delay=10&tag=a1]` (those numbers are the defaults; the tag names the stream in the abort report).
 * `GET /__stats` answers a `MockStats`; `POST /__reset` clears it.
 */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { answerBody, modelsBody, nextId, streamFrames } from './mock-answers.ts';
import { monotonicMs } from './clock.ts';
import { MessageParser } from './http-message.ts';
import { TimerWheel } from './timer-wheel.ts';

/** What the mock has seen since the last reset; `atMs` is on the monotonic clock that all processes of a machine share. */
export type MockStats = {
  answers: number;
  streams: number;
  completed: number;
  aborted: { tag: string; atMs: number }[];
};

type Plan = { chunks: number; delayMs: number; tag: string };
type Body = { stream?: unknown; stream_options?: { include_usage?: unknown } | null };

const stats: MockStats = { answers: 0, streams: 0, completed: 0, aborted: [] };
const wheel = new TimerWheel();
const streamHead =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n';

function sendJson(socket: Socket, text: string, status = '200 OK'): void {
  socket.write(`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`, 'latin1');
}

function planOf(text: string): Plan {
  const fields = new URLSearchParams(/\[bench ([^\]]*)\]/.exec(text)?.[1]);
  return {
    chunks: Math.max(2, Number(fields.get('chunks') ?? 64)),
    delayMs: Number(fields.get('delay') ?? 10),
    tag: fields.get('tag') ?? '',
  };
}

/** One client connection; a stream that is under way when it goes is an abort. */
class Connection {
  readonly #socket: Socket;
  #route = '';
  #body: Buffer[] = [];
  #streaming: Plan | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const parser = new MessageParser('request', {
      onHead: (startLine) => (this.#route = startLine.split(' ', 2)[1] ?? ''),
      onBody: (piece) => this.#body.push(piece),
      onEnd: () => this.#answer(),
    });
    socket.setNoDelay(true);
    socket.on('data', (piece) => parser.push(piece));
    socket.on('end', () => this.#left());
    socket.on('close', () => this.#left());
    socket.on('error', () => this.#left());
  }

  #answer(): void {
    const body = this.#body.length === 1 ? (this.#body[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#body);
    this.#body = [];
    switch (this.#route) {
      case '/v1/chat/completions':
        return this.#complete(body.toString());
      case '/v1/models':
        return sendJson(this.#socket, modelsBody);
      case '/__stats':
        return sendJson(this.#socket, JSON.stringify(stats));
      case '/__reset':
        Object.assign(stats, { answers: 0, streams: 0, completed: 0, aborted: [] });
        return sendJson(this.#socket, '{}');
      default:
        return sendJson(this.#socket, '{}', '404 Not Found');
    }
  }

  #complete(text: string): void {
    let body: Body;
    try {
      body = JSON.parse(text) as Body;
    } catch {
      return sendJson(this.#socket, '{"error":{"message":"not JSON"}}', '400 Bad Request');
    }
    if (body.stream === true) return this.#stream(planOf(text), body.stream_options?.include_usage === true);
    stats.answers += 1;
    sendJson(this.#socket, answerBody(nextId()));
  }

  /** Sends `plan.chunks` events, the first after one delay; without a delay one event a turn of the event loop, as the socket takes them. */
  #stream(plan: Plan, withUsage: boolean): void {
    const frames = streamFrames(nextId(), withUsage);
    let sent = 0;
    stats.streams += 1;
    this.#streaming = plan;
    this.#socket.write(streamHead, 'latin1');

    const sendNext = (): boolean => {
      if (this.#streaming !== plan) return false;
      sent += 1;
      if (sent === plan.chunks) {
        this.#socket.write(frames.last);
        this.#streaming = undefined;
        stats.completed += 1;
        return false;
      }
      const hasRoom = this.#socket.write(sent === 1 ? frames.first : frames.middle[sent % 2 === 0 ? 0 : 1]);
      if (plan.delayMs === 0) {
        if (hasRoom) setImmediate(sendNext);
        else this.#socket.once('drain', sendNext);
      }
      return true;
    };

    if (plan.delayMs === 0) sendNext();
    else wheel.every(plan.delayMs, sendNext);
  }

  #left(): void {
    if (this.#streaming === undefined) return;
    stats.aborted.push({ tag: this.#streaming.tag, atMs: monotonicMs() });
    this.#streaming = undefined;
  }
}

const server = createServer((socket) => new Connection(socket));
server.listen({ port: Number(process.argv[2] ?? 0), host: '127.0.0.1', backlog: 1024 }, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`listening ${address.port}\n`);
});
