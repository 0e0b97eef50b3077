import { describe, expect, test } from 'vitest';
import { toEnvelope } from '../../errors.ts';
import { UpstreamRefusal } from '../provider.ts';
import { readRetryAfter, toError } from './error.ts';
import { answer, fixture, target } from './testing.ts';

const refusals = JSON.parse(fixture('refusals.json')) as Record<string, Record<string, { status: number; body: string }>>;

const expected: Record<string, Record<string, { code: string; param?: string }>> = {
  vllm: {
    'unknown model': { code: 'bad_gateway' },
    'wrong type': { code: 'bad_request', param: 'temperature' },
    'negative max_tokens': { code: 'bad_request', param: 'max_tokens' },
    'max_tokens over the context': { code: 'context_length_exceeded', param: 'messages' },
    'prompt over the context': { code: 'context_length_exceeded', param: 'messages' },
    'no such route': { code: 'bad_gateway' },
    'wrong key': { code: 'bad_gateway' },
  },
  ollama: {
    'unknown model': { code: 'bad_gateway' },
    'wrong type': { code: 'bad_request' },
    'temperature string': { code: 'bad_request', param: 'temperature' },
    tools: { code: 'bad_request', param: 'tools' },
    'no such route': { code: 'bad_gateway' },
  },
  'llama-cpp-python': {
    'wrong type': { code: 'bad_gateway' },
    'no JSON': { code: 'bad_gateway' },
    'prompt over the context': { code: 'context_length_exceeded', param: 'messages' },
  },
};

describe.each(Object.keys(refusals))('a recorded refusal of %s', (engine) => {
  test.each(Object.entries(refusals[engine]!))(
    '%s becomes one of our errors and keeps its words to itself',
    (name, { status, body }) => {
      const error = toError(answer(status, body), target('vllm'));
      expect(error).toMatchObject(expected[engine]![name]!);
      expect(error.cause).toBeInstanceOf(UpstreamRefusal);
      const shown = JSON.stringify(toEnvelope(error));
      expect(shown).not.toMatch(/smol|Valid aliases|validation error|registry|Go struct|site-packages|Traceback|Unauthorized/);
      expect(shown).toContain('tiny');
    },
  );
});

test.each([
  [400, 'bad_request'],
  [401, 'bad_gateway'],
  [403, 'bad_gateway'],
  [404, 'bad_gateway'],
  [408, 'gateway_timeout'],
  [413, 'request_too_large'],
  [422, 'bad_request'],
  [429, 'rate_limit_exceeded'],
  [500, 'bad_gateway'],
  [502, 'bad_gateway'],
  [503, 'service_unavailable'],
  [504, 'gateway_timeout'],
  [529, 'service_unavailable'],
])('status %i without words is a %s', (status, code) => {
  expect(toError(answer(status, ''), target('openai'))).toMatchObject({ code });
});

test.each([
  'This model’s maximum context length is 512 tokens',
  'Requested tokens (600) exceed context window of 512',
  'the request exceeds the available context size, try increasing it',
  'prompt is too long: 600 tokens > 512 maximum',
  'input_tokens must be at most 512',
])('"%s" is a context_length_exceeded, with the size where it is configured', (message) => {
  const error = toError(answer(400, JSON.stringify({ error: { message } })), target('openai', { contextTokens: 512 }));
  expect(error).toMatchObject({ code: 'context_length_exceeded', message: expect.stringContaining('512 tokens') });
});

test('Retry-After is handed on: seconds, or a date, within reason', () => {
  const now = Date.parse('2026-11-21T05:00:00Z');
  expect(readRetryAfter('7', now)).toBe(7_000);
  expect(readRetryAfter('Sat, 21 Nov 2026 05:00:30 GMT', now)).toBe(30_000);
  expect(readRetryAfter('Sat, 21 Nov 2026 04:00:00 GMT', now)).toBe(0);
  expect(readRetryAfter('86400000', now)).toBe(600_000);
  expect(readRetryAfter('soon', now)).toBeUndefined();
  expect(readRetryAfter(undefined, now)).toBeUndefined();
  expect(toError(answer(429, '', { 'retry-after': '3' }), target('openai')).retryAfterMs).toBe(3_000);
});

test.each(['embedded', 'sluice'] as const)(
  'the words of an upstream that is ours (%s) were written for the caller',
  (provider) => {
    const error = {
      message: 'n: must be at most 8, is 9',
      type: 'invalid_request_error',
      param: 'n',
      code: 'unsupported_parameter',
      details: [{ field: 'n', message: 'must be at most 8, is 9' }],
    };
    expect(toError(answer(400, JSON.stringify({ error })), target(provider))).toMatchObject({
      code: 'unsupported_parameter',
      message: error.message,
      param: 'n',
      details: error.details,
    });
    // What is about the upstream itself is not the caller's matter.
    const missing = { error: { ...error, code: 'model_not_found', message: 'there is no model "x"' } };
    expect(toError(answer(404, JSON.stringify(missing)), target(provider))).toMatchObject({ code: 'bad_gateway' });
  },
);
