import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { errorHeaders, GatewayError, toEnvelope, toGatewayError } from '../../errors.ts';
import { parseBody } from '../../wire/parse.ts';
import { answerChat } from './chat-route.ts';
import { answerCompletion } from './completions-route.ts';
import { answerEmbeddings } from './embeddings-route.ts';
import { EventStream } from './event-stream.ts';
import type { Exchange } from './exchange.ts';
import type { LoadedModel } from './loaded-model.ts';

const mostBodyBytes = 32 * 1024 * 1024;

type Route = (exchange: Exchange) => void | Promise<void>;

const routes: Record<string, { method: 'GET' | 'POST'; answer: Route }> = {
  '/v1/chat/completions': { method: 'POST', answer: answerChat },
  '/v1/completions': { method: 'POST', answer: answerCompletion },
  '/v1/embeddings': { method: 'POST', answer: answerEmbeddings },
  '/v1/models': { method: 'GET', answer: listModels },
  '/health': { method: 'GET', answer: reportHealth },
  '/tokenize': { method: 'POST', answer: countTokens },
};

interface ServerOptions {
  loaded: LoadedModel;
  /** Every request must carry it as a bearer token. */
  token: string;
  /** Aborts what runs when the process has to end; its reason answers the callers. */
  stop: AbortSignal;
}

/** The engine's HTTP server, not yet listening. */
export function createEngineServer({ loaded, token, stop }: ServerOptions): Server {
  return createServer((request, response) => {
    const gone = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) gone.abort(new Error('the client has left'));
    });
    const signal = AbortSignal.any([gone.signal, stop]);
    void answer({ request, response, signal, token, loaded }).catch((thrown: unknown) =>
      answerError(response, gone.signal, thrown),
    );
  });
}

interface Incoming {
  request: IncomingMessage;
  response: ServerResponse;
  signal: AbortSignal;
  token: string;
  loaded: LoadedModel;
}

async function answer({ request, response, signal, token, loaded }: Incoming): Promise<void> {
  checkToken(request, token);
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!route) throw new GatewayError('not_found', `there is no ${path} here`);
  if (request.method !== route.method) {
    throw new GatewayError('method_not_allowed', `${path} takes ${route.method}, not ${request.method}`, {
      headers: { allow: route.method },
    });
  }
  const body = await readBody(request);
  const sendJson = (status: number, value: unknown): void => writeJson(response, status, value);
  await route.answer({ loaded, body, signal, sendJson, openEvents: () => new EventStream(response, signal) });
}

function answerError(response: ServerResponse, gone: AbortSignal, thrown: unknown): void {
  if (gone.aborted) return;
  const error = toGatewayError(thrown);
  if (error.code === 'internal_error') process.stderr.write(`request failed: ${describe(error.cause)}\n`);
  if (response.headersSent) new EventStream(response, gone).fail(error);
  else writeJson(response, error.status, toEnvelope(error), errorHeaders(error));
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

function writeJson(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { ...headers, 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
  response.end(body);
}

function checkToken(request: IncomingMessage, token: string): void {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`))) return;
  throw new GatewayError('unauthorized', 'the engine takes requests from its gateway only');
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > mostBodyBytes) {
      throw new GatewayError('request_too_large', `the body has more than ${mostBodyBytes} bytes`, {
        headers: { connection: 'close' },
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function listModels({ loaded, sendJson }: Exchange): void {
  const model = { id: loaded.name, object: 'model', created: 0, owned_by: 'sluice', max_model_len: loaded.contextTokens };
  sendJson(200, { object: 'list', data: [model] });
}

/** Figures of all work: generations, and embeddings beside them. */
export function countQueue({ sequences, embedders }: LoadedModel): { waiting: number; running: number } {
  return { waiting: sequences.waiting + embedders.waiting, running: sequences.running + embedders.running };
}

function reportHealth({ loaded, sendJson }: Exchange): void {
  sendJson(200, { status: 'ready', ...countQueue(loaded) });
}

const tokenizeRequest = z.looseObject({ text: z.string() });

/** `POST /tokenize`: how many tokens a text has, without control tokens. */
function countTokens({ loaded, body, sendJson }: Exchange): void {
  const { text } = parseBody(tokenizeRequest, body);
  sendJson(200, { count: loaded.model.tokenize(text, false).length });
}
