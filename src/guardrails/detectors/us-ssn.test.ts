import { expect, test } from 'vitest';
import { valuesOf } from './testing/laws.ts';
import { usSsnDetector } from './us-ssn.ts';

const found = (text: string) => valuesOf(usSsnDetector(), text);

test.each(['123-45-6789', '123 45 6789', '123.45.6789', '001-01-0001', '899-99-9999', '123\u201145\u20116789'])(
  '%s is found',
  (number) => {
    expect(found(`my number is ${number}.`)).toEqual([number]);
  },
);

test.each([
  '000-12-3456',
  '666-12-3456',
  '900-12-3456',
  '123-00-4567',
  '123-45-0000',
  '123-45.6789',
  '123-45-67890',
  '1-123-45-6789',
  'x123-45-6789',
  '123-45-6789-1',
])('%s was never issued, or is no such number', (text) => {
  expect(found(text)).toEqual([]);
});

test('nine digits alone count only behind words that say so', () => {
  expect(found('"ssn": "123456789"')).toEqual(['123456789']);
  expect(found('Social Security number 123456789')).toEqual(['123456789']);
  expect(found('order 123456789')).toEqual([]);
  expect(found(`ssn ${'.'.repeat(60)} 123456789`)).toEqual([]);
});
