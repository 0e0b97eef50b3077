import { expect, test } from 'vitest';
import { denyWordsDetector } from './deny-words.ts';
import { valuesOf } from './testing/laws.ts';

const detector = denyWordsDetector('keyword', ['acme', 'Project Blue', 'Straße', 'C++', '秘密', 'ACME Corp']);

test('words are found in any case and as whole words only', () => {
  expect(valuesOf(detector, 'ACME, acmes, macme, acme_x and Acme.')).toEqual(['ACME', 'Acme']);
  expect(valuesOf(detector, 'in der STRAßE, C++!')).toEqual(['STRAßE', 'C++']);
});

test('phrases match over any one white space, the longest first', () => {
  expect(valuesOf(detector, 'project\tBLUE and acme\u00a0corp')).toEqual(['project\tBLUE', 'acme\u00a0corp']);
});

test('where writing has no spaces, borders are not asked for', () => {
  expect(valuesOf(detector, '这是秘密文件')).toEqual(['秘密']);
});

test('only what may become a word is held back', () => {
  expect(detector.pendingFrom('we like ac')).toBe(8);
  expect(detector.pendingFrom('we like acme')).toBe(8);
  expect(detector.pendingFrom('we like acme!')).toBe(13);
  expect(detector.pendingFrom('we like words')).toBe(13);
});

test('ten thousand words cost no more than a few', () => {
  const many = denyWordsDetector(
    'keyword',
    Array.from({ length: 10_000 }, (_, index) => `secret${index.toString(36)}`),
  );
  expect(valuesOf(many, `nothing here but secret${(77).toString(36)} and words `.repeat(2))).toEqual(['secret25', 'secret25']);
});
