import { describe, expect, test } from 'vitest';
import { randomFrom } from '../scripts/guardrail-accuracy/random.ts';
import { score } from '../scripts/guardrail-accuracy/score.ts';
import { makeTexts } from '../scripts/guardrail-accuracy/texts.ts';
import { DRAWS } from '../scripts/guardrail-accuracy/values.ts';
import { combine } from '../src/guardrails/detectors/find-all.ts';
import { createDetectors, detectorKinds } from '../src/guardrails/detectors/index.ts';

const samples = makeTexts(randomFrom(5), 24);
const detectors = combine(createDetectors());
const found = samples.map(({ text }) => detectors.find(text));

describe('on texts with known answers', () => {
  test('every built-in kind is drawn', () => {
    expect(Object.keys(DRAWS).sort()).toEqual(detectorKinds({ defaultsOnly: true }).sort());
  });

  test.each(Object.keys(DRAWS))('%s is found wherever words say what it is', (kind) => {
    const { labelled, labelledFound } = score(samples, found, kind);
    // A Polish number may begin as a card does, or read as another country's number of the same form.
    expect(labelledFound).toBeGreaterThanOrEqual(labelled - 1);
    expect(labelled).toBe(18);
  });

  test.each(Object.keys(DRAWS).filter((kind) => kind !== 'phone'))('what is called %s is it, nine times in ten', (kind) => {
    const { reported, wrong } = score(samples, found, kind);
    expect(wrong / reported).toBeLessThan(0.1);
  });

  test('what is called a phone number is one, seven times in ten: bare numbers of other kinds read like one', () => {
    const { reported, wrong } = score(samples, found, 'phone');
    expect(wrong / reported).toBeLessThan(0.3);
  });
});
