/** US dollars as an integer of 1e-10: AWS publishes prices with up to ten decimals. */
export type Usd = bigint;

/** A quantity (hours, GB, requests) as an integer of 1e-6 units. */
export type Micro = bigint;

const usdDecimals = 10;
const microDecimals = 6;
const one: Micro = 10n ** BigInt(microDecimals);

/** Divides and rounds half away from zero. `divisor` must be positive. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return dividend >= 0n ? (dividend + half) / divisor : -((-dividend + half) / divisor);
}

/** A decimal such as `0.0000035`, `-2` or `1e-7` as an integer of 10^-`decimals`; further digits are rounded half up. Throws `RangeError` on anything else. */
function parseScaled(text: string, decimals: number): bigint {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text.trim());
  if (match === null) throw new RangeError(`not a decimal number: ${JSON.stringify(text)}`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const shift = decimals - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : divideRounded(digits, 10n ** BigInt(-shift));
  return sign === '-' ? -magnitude : magnitude;
}

/** Dollars from a decimal string or a finite number. */
export function usd(value: string | number): Usd {
  return parseScaled(String(value), usdDecimals);
}

/** A quantity from a decimal string or a finite number. */
export function micro(value: string | number): Micro {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value) * one;
  return parseScaled(String(value), microDecimals);
}

/** Quantity × quantity, rounded to 1e-6. */
export function multiply(left: Micro, right: Micro): Micro {
  return divideRounded(left * right, one);
}

/** Quantity ÷ quantity, rounded to 1e-6. */
export function divide(left: Micro, right: Micro): Micro {
  return divideRounded(left * one, right);
}

/** Quantity rounded up to whole units. */
export function ceilUnits(value: Micro): Micro {
  return ((value + one - 1n) / one) * one;
}

/** Quantity × unit price, exact: the result's unit is 1e-16 dollars. Add such products first, then `settle` once. */
export function product(quantity: Micro, unitPrice: Usd): bigint {
  return quantity * unitPrice;
}

/** A sum of products (1e-16 dollars) as dollars, rounded half up. */
export function settle(products: bigint): Usd {
  return divideRounded(products, one);
}

/** An integer of 10^-`decimals` as a plain decimal with exactly `places` places, rounded half up. */
function format(value: bigint, decimals: number, places: number): string {
  const rounded =
    places >= decimals ? value * 10n ** BigInt(places - decimals) : divideRounded(value, 10n ** BigInt(decimals - places));
  const digits = (rounded < 0n ? -rounded : rounded).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  return `${rounded < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${digits.slice(digits.length - places)}`}`;
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
const groupThousands = (text: string): string =>
  text.replace(/^(-?)(\d+)/, (_, sign: string, whole: string) => sign + whole.replace(/\B(?=(\d{3})+$)/g, ','));

/** Dollars with cents and thousands separators: `$1,234.50`, `-$3.00`. */
export function formatUsd(value: Usd, places = 2): string {
  const text = groupThousands(format(value, usdDecimals, places));
  return text.startsWith('-') ? `-$${text.slice(1)}` : `$${text}`;
}

/** Dollars as an exact decimal string without a sign for the currency, for machines: `32.85`. */
export function decimalUsd(value: Usd): string {
  return trimZeros(format(value, usdDecimals, usdDecimals));
}

/** A quantity as an exact decimal string, for machines. */
export function decimalMicro(value: Micro): string {
  return trimZeros(format(value, microDecimals, microDecimals));
}

/** A quantity for people: thousands separators, at most three decimals. */
export function formatQuantity(value: Micro): string {
  return groupThousands(trimZeros(format(value, microDecimals, 3)));
}

/** Dollars as a floating-point number, for plots and ratios only. Never add these up. */
export function approximate(value: Usd): number {
  return Number(value) / 10 ** usdDecimals;
}

/** A quantity as a floating-point number, for searches and ratios only. */
export function approximateMicro(value: Micro): number {
  return Number(value) / 10 ** microDecimals;
}
