import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combine } from './find-all.ts';
import { createDetectors, detectorKinds } from './index.ts';
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

  test('all of them as one', () => {
    const all = combine(createDetectors());
    fc.assert(
      fc.property(hostileText(values), (text) => expectLaws(all, text)),
      { numRuns: 500 },
    );
  });
});
