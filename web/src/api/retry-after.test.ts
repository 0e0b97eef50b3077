import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after.ts';

const nowMs = Date.UTC(2030, 0, 1);

describe('Retry-After', () => {
  it('reads seconds', () => {
    fc.assert(fc.property(fc.nat(), (seconds) => parseRetryAfter(` ${seconds} `, nowMs) === seconds * 1000));
  });

  it('reads a date as the time until then', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (seconds) => {
        expect(parseRetryAfter(new Date(nowMs + seconds * 1000).toUTCString(), nowMs)).toBe(seconds * 1000);
      }),
    );
  });

  it('takes a date in the past for now', () => {
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', nowMs)).toBe(0);
  });

  it.each([null, '', '-5', '1.5', 'soon'])('makes nothing of %j', (header) => {
    expect(parseRetryAfter(header, nowMs)).toBeUndefined();
  });
});
