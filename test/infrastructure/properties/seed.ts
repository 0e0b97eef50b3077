import * as fc from 'fast-check';

/** The seed that combinations are drawn with: `SEED` varies it, and the same one draws the same again. Throws when it is no whole number. */
export function seedOf(environment: Readonly<Record<string, string | undefined>>): number {
  const seed = Number(environment['SEED'] ?? 20_261_121);
  if (!Number.isSafeInteger(seed)) throw new Error(`SEED is ${environment['SEED']}, which is no whole number`);
  return seed;
}

/** A number of values, the same for the same seed. */
export const draw = <T>(arbitrary: fc.Arbitrary<T>, count: number, seed: number): T[] =>
  fc.sample(arbitrary, { numRuns: count, seed });
