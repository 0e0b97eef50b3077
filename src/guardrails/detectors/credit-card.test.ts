import { expect, test } from 'vitest';
import { creditCardDetector } from './credit-card.ts';
import { valuesOf } from './testing/laws.ts';

const found = (text: string) => valuesOf(creditCardDetector(), text);

test.each([
  '4111111111111111',
  '4111 1111 1111 1111',
  '4111-1111-1111-1111',
  '4111\u20111111\u20111111\u20111111',
  '4222222222222',
  '378282246310005',
  '3782 822463 10005',
  '30569309025904',
  '3056 930902 5904',
  '5555555555554444',
  '2223003122003222',
  '6011111111111117',
  '3530111333300000',
  '6200000000000005',
  '6759649826438453',
])('%s is found between other words', (number) => {
  expect(found(`pay with ${number}, exp 12/29`)).toEqual([number]);
  expect(found(`card:${number} 123`)).toEqual([number]);
});

test('several numbers in a row are all found', () => {
  expect(found('4111 1111 1111 1111 5555 5555 5555 4444,378282246310005')).toEqual([
    '4111 1111 1111 1111',
    '5555 5555 5555 4444',
    '378282246310005',
  ]);
});

test.each([
  ['a wrong check digit', '4111111111111112'],
  ['no known prefix', '9111111111111111'],
  ['a length that the brand does not issue', '41111111111111'],
  ['groups that no card has', '411 1111 1111 11111 1'],
  ['a longer number', '41111111111111110000000'],
  ['a decimal', '0.4111111111111111'],
  ['part of a word', 'A4111111111111111'],
  ['part of an identifier', '9f1b-4111-1111-1111-1111'],
])('%s is no card', (_, text) => {
  expect(found(text)).toEqual([]);
});

test('a detector of one brand passes over the others', () => {
  const visa = creditCardDetector({ kind: 'visa', brands: ['visa'] });
  expect(visa.find('4111111111111111 378282246310005')).toEqual([{ kind: 'visa', start: 0, end: 16 }]);
});
