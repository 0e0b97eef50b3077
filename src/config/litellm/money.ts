/**
 * USD for a token as USD for a million of them, exactly: the decimal point moves, nothing is computed in floats. `1.5e-07` is `0.15`. Null:
 * no amount.
 */
export function perMillion(amount: number | string): string | null {
  const [match, whole = '', fraction = '', exponent = '0'] =
    /^\+?(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,3}))?$/.exec(String(amount).trim()) ?? [];
  if (match === undefined || whole + fraction === '') return null;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent) + 6;
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 1);
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const right = padded.slice(at).replace(/0+$/, '');
  return right === '' ? left : `${left}.${right}`;
}

/** Nano-dollars as USD, exactly. */
export function usdOf(nanoUsd: number): string {
  const text = String(Math.round(nanoUsd)).padStart(10, '0');
  const fraction = text.slice(-9).replace(/0+$/, '');
  return fraction === '' ? text.slice(0, -9) : `${text.slice(0, -9)}.${fraction}`;
}
