import { expect } from 'vitest';
import { catalogue, type ErrorCode } from '../../src/errors.ts';
import type { Answer, ErrorBody } from './client.ts';

/** Holds an answer to the contract of an error: status, all four keys of the envelope, request id, and `Retry-After` where it says so. */
export function expectError(answer: Answer, code: ErrorCode): ErrorBody {
  const body = answer.json();
  expect(Object.keys(body)).toEqual(['error']);
  const error = body['error'] as ErrorBody;
  expect({ status: answer.status, code: error.code, type: error.type }).toEqual({
    status: catalogue[code].status,
    code,
    type: catalogue[code].type,
  });
  expect(error.message).toMatch(/\S/);
  expect(Object.keys(error)).toEqual(expect.arrayContaining(['message', 'type', 'param', 'code']));
  expect(answer.headers['x-request-id']).toMatch(/^[\w.:/=+-]{1,128}$/);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  const retryAfter = answer.headers['retry-after'];
  if (error.retry_after === undefined) {
    expect(retryAfter).toBeUndefined();
  } else {
    expect(Number.isInteger(error.retry_after) && error.retry_after >= 1).toBe(true);
    expect(retryAfter).toBe(String(error.retry_after));
  }
  return error;
}
