import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { injectionScore } from '../src/guardrails/injection.ts';

interface Labelled {
  injections: string[];
  benign: string[];
}

const load = (name: string) =>
  JSON.parse(readFileSync(new URL(`support/injection/${name}.json`, import.meta.url), 'utf8')) as Labelled;
/** The default of the configuration. */
const threshold = 3;
const flagged = (texts: readonly string[]) => texts.filter((text) => injectionScore(text) >= threshold).length;

/** The texts of `test` were written after the signs, and no sign was changed for them. docs/guardrails.md has these figures. */
test.each([
  ['train', { found: 15, of: 17, alarms: 0, among: 15 }],
  ['test', { found: 13, of: 25, alarms: 2, among: 25 }],
])('%s: as many injections are found, and as many harmless texts refused, as the docs say', (name, expected) => {
  const { injections, benign } = load(name);
  expect({ found: flagged(injections), of: injections.length, alarms: flagged(benign), among: benign.length }).toEqual(expected);
});

test('a megabyte takes no more than a moment', () => {
  const before = performance.now();
  for (const unit of ['ignore ', 'ignore all ', 'reveal your ', '#', ' '.repeat(7), 'a'])
    injectionScore(unit.repeat(1_000_000 / unit.length));
  expect(performance.now() - before).toBeLessThan(15_000);
});
