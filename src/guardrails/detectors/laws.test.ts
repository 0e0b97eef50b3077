import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { denyWordsDetector } from './deny-words.ts';
import { combine } from './find-all.ts';
import { createDetectors, detectorKinds } from './index.ts';
import { patternDetector } from './pattern.ts';
import { SAMPLES } from './testing/samples.ts';
import { expectLaws, hostileText } from './testing/laws.ts';

const detectors = detectorKinds().flatMap((kind) => createDetectors({ kinds: [kind] }));
const values = Object.values(SAMPLES).flat();

describe('every detector keeps the laws of streams, at every split of hostile texts', () => {
  test.each(detectors.map((detector) => [detector.kinds.join(), detector] as const))('%s', (kinds, detector) => {
    const own = SAMPLES[kinds] ?? [];
    expect(own.length).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.oneof(hostileText(own), hostileText(values)), (text) => expectLaws(detector, text)),
      { numRuns: 300 },
    );
  });

  test.each([
    [
      { name: 'ticket', pattern: String.raw`\bACME-[0-9]{4,6}\b` },
      ['ACME-12345', 'ACME-123', 'ACME-1234567', 'ACM', 'xACME-1234'],
    ],
    [{ name: 'digits', pattern: '[0-9]{4}', ignoreCase: true }, ['1234567890123', '12 34']],
    [
      { name: 'unbounded', pattern: String.raw`[a-z]+@[a-z]+$|a.*z|a`, maxLength: 12 },
      ['abc@def', 'a', 'abcdefghijklmnopqz', 'a\nz', 'abz'],
    ],
    [
      { name: 'lines', pattern: String.raw`(?m)^no: \w+\b`, maxLength: 20 },
      ['\nno: abc', 'no: é', 'no: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ],
    [{ name: 'wide', pattern: '😀.x' }, ['😀😀x', '😀ax', '😀']],
  ])('the pattern %o', (pattern, own) => {
    fc.assert(
      fc.property(fc.oneof(hostileText(own), hostileText([...own, ...values])), (text) =>
        expectLaws(patternDetector(pattern), text),
      ),
      { numRuns: 300 },
    );
  });

  test('deny lists', () => {
    const words = ['acme', 'Project Blue', 'project', 'straße', 'C++', '秘密', 'a', 'aa b', '😀x', 'İz'];
    const detector = denyWordsDetector('keyword', words);
    fc.assert(
      fc.property(
        fc.oneof(hostileText(words), hostileText(['PROJECT\u00a0blue', 'acmes', 'Acme', 'AA B', 'das秘密的', ...values])),
        (text) => expectLaws(detector, text),
      ),
      { numRuns: 500 },
    );
  });

  test('all of them as one', () => {
    const all = combine(createDetectors());
    fc.assert(
      fc.property(hostileText(values), (text) => expectLaws(all, text)),
      { numRuns: 500 },
    );
  });
});
