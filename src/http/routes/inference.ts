import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { GatewayError, toGatewayError, type ErrorCode } from '../../errors.ts';
import type { Inference } from '../../core/inference.ts';
import { newRecord } from '../../telemetry/record.ts';
import type { Operation } from '../../providers/provider.ts';
import { chatAnswer, chatChunk, chatRequest } from '../../wire/chat.ts';
import { completionAnswer, completionChunk, completionRequest } from '../../wire/completions.ts';
import { embeddingAnswer, embeddingRequest } from '../../wire/embeddings.ts';
import { isObject, parseBody } from '../../wire/parse.ts';
import type { RouteDefinition } from '../route.ts';

export interface InferenceRoutesInput {
  inference: Inference;
  /** Set while the gateway shuts down: new work is refused, running work goes on. */
  isDraining: () => boolean;
  /** Header that names the end user where the body has no `user`, in lower case; null: none. */
  userHeader: () => string | null;
  /** A client's address as limits count it; null: unknown. */
  addressOf: (request: FastifyRequest) => string | null;
}

const errors: readonly ErrorCode[] = [
  'bad_request',
  'unsupported_parameter',
  'context_length_exceeded',
  'content_blocked',
  'unauthorized',
  'model_access_denied',
  'route_access_denied',
  'origin_not_allowed',
  'model_not_found',
  'request_timeout',
  'request_too_large',
  'rate_limit_exceeded',
  'budget_exceeded',
  'bad_gateway',
  'service_unavailable',
  'gateway_timeout',
];

/** The routes that ask a model. */
export function inferenceRoutes(input: InferenceRoutesInput): RouteDefinition[] {
  return [
    {
      method: 'POST',
      paths: ['/v1/chat/completions', '/chat/completions'],
      summary: 'Continue a conversation',
      tag: 'inference',
      access: 'inference',
      body: chatRequest,
      answer: { schema: chatAnswer, contentType: 'application/json', streams: chatChunk },
      errors,
      handler: answer(input, 'chat', chatRequest),
    },
    {
      method: 'POST',
      paths: ['/v1/completions', '/completions'],
      summary: 'Continue a text',
      tag: 'inference',
      access: 'inference',
      body: completionRequest,
      answer: { schema: completionAnswer, contentType: 'application/json', streams: completionChunk },
      errors,
      handler: answer(input, 'completions', completionRequest),
    },
    {
      method: 'POST',
      paths: ['/v1/embeddings', '/embeddings'],
      summary: 'Texts as vectors',
      tag: 'inference',
      access: 'inference',
      body: embeddingRequest,
      answer: { schema: embeddingAnswer, contentType: 'application/json' },
      errors,
      handler: answer(input, 'embeddings', embeddingRequest),
    },
  ];
}

function answer(
  { inference, isDraining, userHeader, addressOf }: InferenceRoutesInput,
  operation: Operation,
  schema: z.ZodType<{ model: string }>,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { trace } = request;
    const record = newRecord(operation);
    trace.begin(record);
    try {
      if (isDraining()) {
        throw new GatewayError('service_unavailable', 'this gateway is shutting down; try again', {
          retryAfterMs: 1_000,
          headers: { connection: 'close' },
        });
      }
      const body = parseBody(schema, request.body as Buffer | undefined);
      record.originalModel = body.model;
      record.isStreaming = operation !== 'embeddings' && body['stream'] === true;
      const options = body['stream_options'];
      const wantsUsageEvent = isObject(options) && options['include_usage'] === true;
      const result = await inference.run({
        request: { operation, body, isStreaming: record.isStreaming, wantsUsageEvent },
        client: trace,
        asker: {
          access: request.access,
          ip: addressOf(request),
          customerId: customerOf(request, body['user'], userHeader()),
        },
        record,
        receivedAtMs: trace.startedAtMs,
      });
      reply.hijack();
      if (result !== null) trace.answer(result, 'application/json; charset=utf-8');
    } catch (thrown) {
      const error = toGatewayError(thrown);
      record.errorCode = error.code;
      throw error;
    } finally {
      trace.settled();
    }
  };
}

const longestCustomerId = 256;

function customerOf({ headers }: FastifyRequest, user: unknown, header: string | null): string | null {
  const named = typeof user === 'string' && user !== '' ? user : header === null ? undefined : headers[header];
  return typeof named === 'string' && named !== '' ? named.slice(0, longestCustomerId) : null;
}
