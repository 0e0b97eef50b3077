/** A source of reproducible choices. */
export interface Random {
  /** A whole number from 0 to `most - 1`. */
  below(most: number): number;
  pick<T>(choices: readonly T[]): T;
  /** As many characters of `alphabet`. */
  letters(length: number, alphabet: string): string;
  digits(length: number): string;
}

/** Choices that depend on nothing but the seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const below = (most: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * most);
  };
  const letters = (length: number, alphabet: string): string =>
    Array.from({ length }, () => alphabet[below(alphabet.length)]).join('');
  return {
    below,
    pick: (choices) => choices[below(choices.length)]!,
    letters,
    digits: (length) => letters(length, '0123456789'),
  };
}
