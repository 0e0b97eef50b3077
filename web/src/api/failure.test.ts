import { describe, expect, it } from 'vitest';
import { failureOfEvent, failureOfResponse } from './failure.ts';

const nowMs = 1_000_000;

function failureOf(status: number, error: unknown, headers: Record<string, string> = {}) {
  return failureOfResponse({ status, headers: new Headers(headers) }, { error }, nowMs);
}

describe('a failed answer', () => {
  it.each([
    [401, 'unauthorized', 'unauthorized'],
    [403, 'model_access_denied', 'forbidden'],
    [404, 'model_not_found', 'model-not-found'],
    [404, 'not_found', 'refused'],
    [429, 'rate_limit_exceeded', 'rate-limited'],
    [429, 'budget_exceeded', 'over-budget'],
    [400, 'context_length_exceeded', 'refused'],
    [408, 'request_timeout', 'timeout'],
    [503, 'service_unavailable', 'unavailable'],
    [504, 'gateway_timeout', 'timeout'],
    [502, 'bad_gateway', 'gateway'],
  ])('with status %d and code %s is of the kind %s', (status, code, kind) => {
    expect(failureOf(status, { message: 'because', code })).toEqual({ kind, message: 'because', code });
  });

  it('says when to try again by its header, or else by its body, which other origins can read too', () => {
    expect(failureOf(429, { retry_after: 9 }, { 'retry-after': '2' }).retryAtMs).toBe(nowMs + 2_000);
    expect(failureOf(429, { retry_after: 9 }).retryAtMs).toBe(nowMs + 9_000);
  });

  it('without an envelope still tells its status', () => {
    expect(failureOf(502, undefined).message).toContain('502');
    expect(failureOfResponse({ status: 503, headers: new Headers() }, undefined, nowMs).message).toContain('503');
  });

  it('may have a bare text for an error', () => {
    expect(failureOf(500, 'out of memory').message).toBe('out of memory');
  });

  it('keeps the request id', () => {
    expect(failureOf(500, {}, { 'x-request-id': 'r-1' }).requestId).toBe('r-1');
  });
});

describe('an event of a stream', () => {
  it('is a failure when it has an error', () => {
    expect(failureOfEvent({ error: { message: 'gone', code: 'bad_gateway' } })).toEqual({
      kind: 'interrupted',
      message: 'gone',
      code: 'bad_gateway',
    });
  });

  it.each([undefined, {}, { error: null }, [], 'text'])('is none when it is %j', (event) => {
    expect(failureOfEvent(event)).toBeUndefined();
  });
});
