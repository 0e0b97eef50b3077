/** Whether a string of digits passes the Luhn check (ISO/IEC 7812-1, annex B). */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** The sum of digits by their weights, left to right. */
export function weightedSum(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * (digits.charCodeAt(index) - 48), 0);
}

/** Whether all characters are the same: such numbers pass many checks and belong to nobody. */
export const isRepeated = (digits: string): boolean => digits === digits.charAt(0).repeat(digits.length);

/** The check digit of ISO/IEC 7064, MOD 11,10, for the digits before it. */
export function checkDigit1110(digits: string): number {
  let product = 10;
  for (const digit of digits) {
    const sum = (Number(digit) + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (11 - product) % 10;
}

/** The check digit of machine-readable travel documents: weights 7, 3, 1; letters count 10 to 35, fillers 0 (ICAO Doc 9303-3, section 4.9). */
export function checkDigit731(value: string): number {
  const weights = [7, 3, 1] as const;
  let sum = 0;
  for (let index = 0; index < value.length; index++) {
    const amount = value[index] === '<' ? 0 : Number.parseInt(value.charAt(index), 36);
    sum += amount * (weights[index % 3] ?? 0);
  }
  return sum % 10;
}

/** Row by column of the multiplication in the dihedral group of order ten. */
function dihedral(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5;
  return b < 5 ? ((a - b) % 5) + 5 : (a - b + 5) % 5;
}

const VERHOEFF_STEP = '1576283094';

/** Whether a string of digits passes Verhoeff's check (J. Verhoeff, "Error Detecting Decimal Codes", 1969). */
export function passesVerhoeff(digits: string): boolean {
  let check = 0;
  for (let index = 0; index < digits.length; index++) {
    let digit = Number(digits[digits.length - 1 - index]);
    for (let step = 0; step < index % 8; step++) digit = Number(VERHOEFF_STEP[digit]);
    check = dihedral(check, digit);
  }
  return check === 0;
}
