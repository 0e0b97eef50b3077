import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  catalogue,
  errorHeaders,
  GatewayError,
  retryAfterSeconds,
  toEnvelope,
  toGatewayError,
  type ErrorCode,
} from './errors.ts';

const codes = Object.keys(catalogue) as ErrorCode[];

test('every envelope has message, type, param and code, and nothing of the cause', () => {
  for (const code of codes) {
    const { error } = toEnvelope(new GatewayError(code, 'what was wrong', { cause: new Error('canary') }));
    expect(error).toEqual({ message: 'what was wrong', type: catalogue[code].type, param: null, code });
  }
  expect(
    toEnvelope(new GatewayError('bad_request', 'x', { param: 'n', details: [{ field: 'n', message: 'y' }], retryAfterMs: 1 }))
      .error,
  ).toEqual({
    message: 'x',
    type: 'invalid_request_error',
    param: 'n',
    code: 'bad_request',
    retry_after: 1,
    details: [{ field: 'n', message: 'y' }],
  });
});

test('Retry-After is a whole number of seconds, at least 1 and never too early', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (retryAfterMs) => {
      const seconds = retryAfterSeconds(new GatewayError('service_unavailable', 'x', { retryAfterMs }))!;
      expect(Number.isInteger(seconds)).toBe(true);
      expect(seconds).toBeGreaterThanOrEqual(Math.max(1, retryAfterMs / 1000));
      expect(seconds).toBeLessThan(retryAfterMs / 1000 + 1 + Number.EPSILON * 1e6);
    }),
  );
});

test('codes bring their headers', () => {
  const headers = (code: ErrorCode, options = {}) => errorHeaders(new GatewayError(code, 'x', options));
  expect(headers('unauthorized')).toEqual({ 'www-authenticate': 'Bearer' });
  expect(headers('request_timeout')).toEqual({ connection: 'close' });
  expect(headers('rate_limit_exceeded', { retryAfterMs: 1500 })).toEqual({ 'retry-after': '2' });
  expect(headers('method_not_allowed', { headers: { allow: 'GET' } })).toEqual({ allow: 'GET' });
  expect(headers('bad_request')).toEqual({});
});

test('anything thrown becomes an internal error that tells nothing of itself', () => {
  for (const thrown of [new Error('canary'), 'canary', null, undefined, { canary: 1 }]) {
    const error = toGatewayError(thrown);
    expect([error.code, error.status, error.isRetryable]).toEqual(['internal_error', 500, false]);
    expect(JSON.stringify(toEnvelope(error))).not.toContain('canary');
  }
  const own = new GatewayError('not_found', 'x');
  expect(toGatewayError(own)).toBe(own);
});
