import { checkSync } from 'recheck';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDetector, detectorKinds } from './index.ts';
import { SAMPLES } from './testing/samples.ts';

const seen = new Set<string>();
const used: RegExp[] = [];
// oxlint-disable-next-line typescript/unbound-method -- put back below
const exec = RegExp.prototype.exec;

/** Notes every pattern that our own code runs; built-in functions of regular expressions go through `exec` as well. */
function noted(this: RegExp, text: string): RegExpExecArray | null {
  const written = String(this);
  if (!seen.has(written)) {
    seen.add(written);
    const callers = (new Error().stack ?? '').split('\n').slice(2, 4).join();
    if (callers.includes('/src/guardrails/') && !callers.includes('node_modules')) used.push(this);
  }
  return exec.call(this, text);
}

beforeAll(() => {
  Reflect.set(RegExp.prototype, 'exec', noted);
  for (const kind of detectorKinds()) {
    const detector = createDetector(kind);
    for (const text of Object.values(SAMPLES).flat()) {
      detector.find(text);
      for (const end of [text.length, text.length - 1, 3]) detector.pendingFrom(text.slice(0, end));
    }
  }
  Reflect.set(RegExp.prototype, 'exec', exec);
});

afterAll(() => {
  Reflect.set(RegExp.prototype, 'exec', exec);
});

test('no built-in pattern can be made to backtrack, by the theory of automata', () => {
  expect(used.length).toBeGreaterThan(60);
  const unsafe = used.flatMap(({ source, flags }) => {
    const { status } = checkSync(source, flags, { timeout: 10_000, checker: 'automaton' });
    return status === 'safe' ? [] : [`${status}: /${source}/${flags}`];
  });
  expect(unsafe).toEqual([]);
});
