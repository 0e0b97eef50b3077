/*
 * Check digits, computed here a second time and by search, not with the detectors' own functions: what makes a value must not share the faults of
 * what finds it.
 */

/** Tries the characters of `alphabet` until the value is right. */
export function complete(
  make: (check: string) => string,
  isRight: (value: string) => boolean,
  alphabet = '0123456789',
): string | null {
  return [...alphabet].map(make).find(isRight) ?? null;
}

/** Repeats a draw until it gives something. */
export function until<T>(draw: () => T | null): T {
  for (;;) {
    const value = draw();
    if (value !== null) return value;
  }
}

const numbers = (digits: string): number[] => Array.from(digits, Number);

/** The Luhn check. */
export const luhn = (digits: string): boolean =>
  numbers(digits)
    .toReversed()
    .map((digit, index) => (index % 2 === 1 ? numbers(String(digit * 2)).reduce((a, b) => a + b, 0) : digit))
    .reduce((a, b) => a + b, 0) %
    10 ===
  0;

/** A weighted sum modulo something. */
export const weighted = (digits: string, weights: string, modulus: number): number =>
  numbers(digits).reduce((sum, digit, index) => sum + digit * Number.parseInt(weights[index]!, 36), 0) % modulus;

/** Letters as two digits, the whole as one number modulo 97. */
export const mod97 = (value: string): number =>
  Number(BigInt(Array.from(value, (character) => Number.parseInt(character, 36)).join('')) % 97n);

/** The check digit of travel documents. */
export const icao = (value: string): string =>
  String(
    Array.from(
      value,
      (character, index) => (character === '<' ? 0 : Number.parseInt(character, 36)) * [7, 3, 1][index % 3]!,
    ).reduce((a, b) => a + b, 0) % 10,
  );

const D = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const P = ['0123456789', '1576283094', '5803796142', '8916043527', '9453126870', '4286573901', '2793806415', '7046913258'];

/** Verhoeff's check, by its published tables. */
export const verhoeff = (digits: string): boolean =>
  numbers(digits)
    .toReversed()
    .reduce((check, digit, index) => Number(D[check]![Number(P[index % 8]![digit])]), 0) === 0;

/** ISO/IEC 7064, MOD 11,10. */
export const mod1110 = (digits: string): boolean => {
  let carry = 10;
  for (const digit of digits.slice(0, -1)) {
    const sum = (Number(digit) + carry) % 10 || 10;
    carry = (sum * 2) % 11;
  }
  return (carry + Number(digits.at(-1))) % 10 === 1;
};
