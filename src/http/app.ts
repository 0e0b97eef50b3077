import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { GatewayError, toGatewayError } from '../errors.ts';
import { addressReader } from './client-address.ts';
import { answerClientError, answerRaw, refuseSocket } from './client-error.ts';
import { authenticate, type Gate } from './hooks/authenticate.ts';
import { corsHeaders, guardOrigin, preflightHeaders, type OriginPolicy } from './hooks/guard-origin.ts';
import { litellmErrorAnswer, ownErrorAnswer } from './litellm-envelope.ts';
import { openApiDocument } from './openapi.ts';
import { withoutPathPrefix } from './path-prefix.ts';
import { absentFeature } from './routes/admin.ts';
import { inferenceRoutes, type InferenceRoutesInput } from './routes/inference.ts';
import { modelRoutes } from './routes/models.ts';
import { operationRoutes, type OperationRoutesInput } from './routes/operations.ts';
import { registerPages } from './routes/pages.ts';
import { allowedMethods, registerRoutes, type RouteDefinition } from './route.ts';
import { Trace } from './trace.ts';
import type { FinishedRequest } from '../telemetry/record.ts';

/** Bounds on what a client may send. */
export interface HttpLimits {
  maxBodyBytes: number;
  maxHeaderBytes: number;
  requestTimeoutMs: number;
  keepAliveTimeoutMs: number;
  /** Addresses and ranges whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
  /** Header in which a proxy says whose request it is. */
  clientAddressHeader?: string | undefined;
  /** What a proxy puts before each path, such as `/prod`; paths that come without are taken too. */
  pathPrefix?: string | undefined;
}

/** Everything the HTTP side is made of. */
export interface AppInput extends Omit<InferenceRoutesInput, 'addressOf'>, OperationRoutesInput {
  limits: HttpLimits;
  originPolicy: () => OriginPolicy;
  gate: Gate;
  /** Whether errors are given in LiteLLM's form. */
  usesLitellmErrors: () => boolean;
  /** Routes besides those that every gateway has. */
  moreRoutes: readonly RouteDefinition[];
  /** Folder of the built pages; null: none were built. */
  pagesDirectory: string | null;
  now: () => number;
  newRequestId: () => string;
  /** Every request that is started is finished once, when its connection is done with it and its work is settled. */
  onStarted: () => void;
  onFinished: (request: FinishedRequest) => void;
  /** What came was no request that could be read: it has an answer, but no method and no path. */
  onUnreadable: (error: GatewayError, requestId: string) => void;
  /** An `internal_error`: for the log. */
  onDefect: (error: GatewayError, requestId: string) => void;
}

declare module 'fastify' {
  interface FastifyRequest {
    trace: Trace;
  }
}

const requestIdPattern = /^[\w.:/=+-]{1,128}$/;

/** The HTTP application: every hook in order, every route. */
export function createApp(input: AppInput): FastifyInstance {
  const { limits } = input;
  const { pathPrefix } = limits;
  const app = fastify({
    logger: false,
    bodyLimit: limits.maxBodyBytes,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    trustProxy: limits.trustedProxies.length === 0 ? false : [...limits.trustedProxies],
    requestTimeout: limits.requestTimeoutMs,
    forceCloseConnections: false,
    return503OnClosing: false,
    ...(pathPrefix === undefined ? {} : { rewriteUrl: ({ url = '/' }: IncomingMessage) => withoutPathPrefix(url, pathPrefix) }),
    http: {
      maxHeaderSize: limits.maxHeaderBytes,
      // Node's own refusal has no body; ours is in the first hook.
      requireHostHeader: false,
      headersTimeout: Math.min(limits.requestTimeoutMs, 15_000),
      connectionsCheckingInterval: Math.max(100, Math.min(1_000, limits.requestTimeoutMs / 4)),
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, input),
    frameworkErrors: (_error, request, reply) => {
      openTrace(request, reply, input);
      answerRaw(reply.raw, new GatewayError('bad_request', 'the URL cannot be read'), request.trace.headers);
    },
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && requestIdPattern.test(given) ? given : input.newRequestId();
    },
  });

  app.decorateRequest('trace');
  app.decorateRequest('access');
  app.addHook('onRequest', (request, reply, done) => {
    openTrace(request, reply, input);
    // Bodies are JSON whatever the content type says: `curl -d` says it is a form.
    request.raw.headers['content-type'] = 'application/json';
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      throw new GatewayError('bad_request', 'an HTTP/1.1 request must name its host', { headers: { connection: 'close' } });
    }
    done();
  });
  app.addHook('onRequest', (request, reply, done) => {
    const origin = guardOrigin(request.headers.host, request.headers.origin, input.originPolicy());
    if (origin !== null) Object.assign(request.trace.headers, corsHeaders(origin));
    if (origin !== null && request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      reply
        .code(204)
        .headers({ ...request.trace.headers, ...preflightHeaders(request.headers['access-control-request-headers']) })
        .send();
      return;
    }
    done();
  });
  app.addHook('onRequest', (request, _reply, done) => {
    const finding = authenticate(request, input.gate);
    if (finding === undefined) done();
    else void afterwards(finding, done);
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    reply.headers(request.trace.answerHeaders());
    done();
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') done(null, body);
    else done(new GatewayError('bad_request', 'compressed bodies are not taken; send it without content-encoding'));
  });

  app.setErrorHandler((thrown: FastifyError | Error, request, reply) => {
    // A client that left in the middle of its body hears nothing, and it is no defect.
    if (request.raw.errored !== null) reply.hijack();
    else answerError(toFailure(thrown, limits), request, reply, input);
  });
  app.setNotFoundHandler(({ method, trace: { path } }) => {
    const shown = `${method} ${path.slice(0, 200)}`;
    const allow = allowedMethods(routes, path) ?? (app.hasRoute({ method: 'GET', url: path }) ? 'GET, HEAD' : null);
    if (allow !== null) {
      throw new GatewayError('method_not_allowed', `${shown} is not served; Allow names the methods that are`, {
        headers: { allow },
      });
    }
    const absent = absentFeature(path);
    if (absent !== null) throw new GatewayError('not_found', absent);
    throw new GatewayError('not_found', `there is no route ${shown}; GET /openapi.json lists those that there are`);
  });
  app.server.on('checkExpectation', (request, response) => {
    const id = { 'x-request-id': input.newRequestId() };
    answerRaw(response, new GatewayError('bad_request', `the expectation "${request.headers.expect}" cannot be met`), id);
  });

  app.server.on('connect', (_request, socket) => {
    const refusal = new GatewayError('method_not_allowed', 'this is an API, not a proxy: CONNECT is not served', {
      headers: { allow: 'GET, HEAD, POST, OPTIONS' },
    });
    refuseSocket(socket, refusal, input);
  });

  // Made at the first request for it: it takes tens of milliseconds.
  let openApi: string | undefined;
  const routes: RouteDefinition[] = [
    ...inferenceRoutes({ ...input, addressOf: addressReader(limits) }),
    ...modelRoutes(input.models),
    ...input.moreRoutes,
    ...operationRoutes(input, () => (openApi ??= JSON.stringify(openApiDocument(routes)))),
  ];
  registerRoutes(app, routes);
  registerPages(app, input.pagesDirectory);
  return app;
}

async function afterwards(work: Promise<void>, done: (error?: Error) => void): Promise<void> {
  let failure: GatewayError | undefined;
  try {
    await work;
  } catch (thrown) {
    failure = toGatewayError(thrown);
  }
  done(failure);
}

function openTrace(request: FastifyRequest, reply: FastifyReply, input: AppInput): void {
  const query = request.url.indexOf('?');
  request.trace = new Trace({
    requestId: request.id,
    method: request.method,
    path: query === -1 ? request.url : request.url.slice(0, query),
    startedAtMs: input.now(),
    response: reply.raw,
    now: input.now,
    isDraining: input.isDraining,
    onFinished: input.onFinished,
  });
  reply.raw.shouldKeepAlive &&= !input.isDraining();
  input.onStarted();
  request.trace.route = request.routeOptions.url ?? null;
}

function answerError(error: GatewayError, request: FastifyRequest, reply: FastifyReply, input: AppInput): void {
  request.trace.errorCode = error.code;
  if (error.code === 'internal_error') input.onDefect(error, request.id);
  if (reply.raw.headersSent) {
    if (!reply.raw.writableEnded) reply.raw.destroy();
    return;
  }
  const answer = input.usesLitellmErrors() ? litellmErrorAnswer(error, request.trace.path) : ownErrorAnswer(error);
  // A body that was not read to its end cannot be followed by another request.
  const connection = error.status === 413 ? { connection: 'close' } : {};
  reply
    .code(answer.status)
    .headers({ ...answer.headers, ...connection, 'content-type': 'application/json; charset=utf-8' })
    .send(answer.body);
}

/** The framework's own refusals as ours. */
function toFailure(thrown: FastifyError | Error, limits: HttpLimits): GatewayError {
  const code = 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new GatewayError(
        'request_too_large',
        `the body is larger than the ${limits.maxBodyBytes} bytes that this gateway takes`,
      );
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new GatewayError('bad_request', 'the body is not as long as its content-length says');
    default:
      return toGatewayError(thrown);
  }
}
