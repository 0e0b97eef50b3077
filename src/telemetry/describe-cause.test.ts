import { describe, expect, test } from 'vitest';
import { GatewayError } from '../errors.ts';
import { describeCause, stackOf } from './describe-cause.ts';

const withCause = (cause: unknown) => describeCause(new GatewayError('bad_gateway', 'ours', { cause }));

describe('the cause of an error in the log', () => {
  test('is the cause’s message, or the error’s own where it has none', () => {
    expect(withCause(new Error('connect ECONNREFUSED 127.0.0.1:1'))).toBe('connect ECONNREFUSED 127.0.0.1:1');
    expect(withCause('text')).toBe('text');
    expect(withCause(undefined)).toBe('ours');
  });

  test('never quotes what a parser failed on', () => {
    let cause: unknown;
    try {
      JSON.parse('canary prompt');
    } catch (error) {
      cause = error;
    }
    expect(withCause(cause)).not.toContain('canary');
  });

  test('leaves out what engines quote of a request', () => {
    const prompt = 'canary '.repeat(10);
    for (const message of [
      `1 validation error:\n  {'type': 'list_type', 'loc': 'body.messages', 'msg': 'Input should be a valid list', 'input': 'canary'}`,
      `{"detail":[{"loc":["body"],"msg":"bad","input":{"prompt":"canary"}}]}`,
      `the text "${prompt}" is not allowed`,
      `the text '${prompt}it\\'s' is not allowed`,
    ]) {
      expect(withCause(new Error(message)), message).not.toContain('canary');
    }
    expect(withCause(new Error('unknown field "top_q"'))).toBe('unknown field "top_q"');
  });

  test('has a stack without the message', () => {
    const stack = stackOf(new GatewayError('internal_error', 'x', { cause: new Error('canary\nsecond line') }));
    expect(stack).toMatch(/^\s+at /);
    expect(stack).not.toContain('canary');
  });
});
