/** The brands whose numbers are known. */
export type CardBrand = (typeof BRANDS)[number]['brand'];

/** Prefixes (ranges of leading digits) and lengths, as the brands publish them; the first row that fits counts. */
const BRANDS = [
  { brand: 'amex', prefixes: [[34], [37]], lengths: [15] },
  { brand: 'mir', prefixes: [[2200, 2204]], lengths: [16, 17, 18, 19] },
  {
    brand: 'mastercard',
    prefixes: [
      [51, 55],
      [2221, 2720],
    ],
    lengths: [16],
  },
  { brand: 'visa', prefixes: [[4]], lengths: [13, 16, 19] },
  { brand: 'discover', prefixes: [[6011], [622126, 622925], [644, 649], [65]], lengths: [16, 17, 18, 19] },
  { brand: 'diners', prefixes: [[300, 305], [3095], [36], [38, 39]], lengths: [14, 15, 16, 17, 18, 19] },
  { brand: 'jcb', prefixes: [[3528, 3589]], lengths: [16, 17, 18, 19] },
  { brand: 'jcb', prefixes: [[1800], [2131]], lengths: [15] },
  { brand: 'rupay', prefixes: [[60], [81, 82], [508], [353], [356]], lengths: [16] },
  { brand: 'unionpay', prefixes: [[62]], lengths: [16, 17, 18, 19] },
  {
    brand: 'maestro',
    prefixes: [[5018], [5020], [5038], [56, 58], [6304], [6759], [6761, 6763]],
    lengths: [12, 13, 14, 15, 16, 17, 18, 19],
  },
] as const;

/** Whose card number these digits could be, by prefix and length; the check digit is not looked at. */
export function cardBrand(digits: string): CardBrand | undefined {
  return BRANDS.find(
    ({ prefixes, lengths }) =>
      (lengths as readonly number[]).includes(digits.length) && prefixes.some((range) => isWithin(digits, range)),
  )?.brand;
}

function isWithin(digits: string, [from, to = from]: readonly [number, number?]): boolean {
  const prefix = Number(digits.slice(0, String(from).length));
  return prefix >= from && prefix <= to;
}
