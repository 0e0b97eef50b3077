/** Exact for every decimal text: 0.1 USD is 100,000,000 nano-dollars; what lies below a nano-dollar is rounded, half up. @throws RangeError */
export function toNanoUsd(amount: number | string): number {
  const [match, whole = '0', fraction = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(String(amount)) ?? [];
  if (match === undefined) throw new RangeError(`${String(amount)} is no amount in USD`);
  const shift = 9 - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  if (shift >= 0) return Number(digits * 10n ** BigInt(Math.min(shift, 40)));
  const divisor = 10n ** BigInt(Math.min(-shift, 400));
  return Number((digits + divisor / 2n) / divisor);
}

/** Nano-dollars as the nearest float of dollars, for wires that want one. */
export function toUsd(nanoUsd: number): number {
  return nanoUsd / 1e9;
}
