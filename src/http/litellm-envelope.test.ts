import { expect, test } from 'vitest';
import { GatewayError } from '../errors.ts';
import { litellmErrorAnswer, ownErrorAnswer } from './litellm-envelope.ts';

const chat = '/v1/chat/completions';
const bodyOf = (error: GatewayError, path = chat) => JSON.parse(litellmErrorAnswer(error, path).body) as unknown;

test('our own form has the code of the catalogue and its headers', () => {
  const { status, headers, body } = ownErrorAnswer(new GatewayError('rate_limit_exceeded', 'slow down', { retryAfterMs: 1_500 }));
  expect([status, headers['retry-after']]).toEqual([429, '2']);
  expect(JSON.parse(body)).toMatchObject({ error: { code: 'rate_limit_exceeded', retry_after: 2 } });
});

test('LiteLLM’s code is the status as text, and its words win where they differ', () => {
  const compatible = { status: 400, type: 'throttling', message: 'in its words' };
  const error = new GatewayError('model_not_found', 'in ours', { param: 'model', compatible });
  expect(litellmErrorAnswer(error, chat).status).toBe(400);
  expect(bodyOf(error)).toEqual({ error: { message: 'in its words', type: 'throttling', param: 'model', code: '400' } });
});

test('over a limit it says to wait its whole window; over a budget it says nothing of time', () => {
  const limit = new GatewayError('rate_limit_exceeded', 'x', { retryAfterMs: 1_500 });
  expect(litellmErrorAnswer(limit, chat).headers['retry-after']).toBe('60');
  const budget = new GatewayError('budget_exceeded', 'x', { retryAfterMs: 1_500, compatible: { hasNoRetryAfter: true } });
  expect(litellmErrorAnswer(budget, chat).headers).not.toHaveProperty('retry-after');
});

test('wrong fields of an admin body are FastAPI’s detail; those of inference are not', () => {
  const error = new GatewayError('bad_request', 'x', { details: [{ field: 'max_budget', message: 'must be a number' }] });
  expect(litellmErrorAnswer(error, '/key/generate').status).toBe(422);
  expect(bodyOf(error, '/key/generate')).toEqual({
    detail: [{ type: 'value_error', loc: ['body', 'max_budget'], msg: 'must be a number' }],
  });
  expect(litellmErrorAnswer(error, chat).status).toBe(400);
});

test('a route that is not there is FastAPI’s, and keeps the methods that are', () => {
  expect(bodyOf(new GatewayError('not_found', 'x'))).toEqual({ detail: 'Not Found' });
  const wrong = litellmErrorAnswer(new GatewayError('method_not_allowed', 'x', { headers: { allow: 'POST' } }), chat);
  expect([wrong.status, wrong.headers['allow'], JSON.parse(wrong.body)]).toEqual([405, 'POST', { detail: 'Method Not Allowed' }]);
});

test('a model without a backend that works is a 429; a database that is away is not', () => {
  expect(litellmErrorAnswer(new GatewayError('service_unavailable', 'x'), chat).status).toBe(429);
  expect(litellmErrorAnswer(new GatewayError('service_unavailable', 'x', { type: 'no_db_connection' }), chat).status).toBe(503);
  expect(litellmErrorAnswer(new GatewayError('service_unavailable', 'x'), '/key/info').status).toBe(503);
});

test('what a guardrail blocked is told with the pattern, never the value', () => {
  const error = new GatewayError('content_blocked', 'blocked', { details: [{ field: 'messages', message: 'email' }] });
  expect(bodyOf(error)).toMatchObject({ error: { message: { error: 'blocked', pattern: 'email' }, code: '400' } });
});
