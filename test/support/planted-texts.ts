import * as fc from 'fast-check';

/** A text with values in it that must not get through. */
export interface PlantedText {
  text: string;
  values: string[];
}

function luhnDigit(digits: string): string {
  let sum = 0;
  for (const [at, digit] of [...digits].toReversed().entries()) {
    const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return String((10 - (sum % 10)) % 10);
}

const letters = fc.string({ unit: fc.constantFrom(...'bcdfghjkmpqrtvwxz'), minLength: 5, maxLength: 10 });
const digits = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });

const email = fc
  .tuple(
    letters,
    fc.constantFrom('.', '_', '+', '-', ''),
    letters,
    fc.constantFrom('example.com', 'mail.example.org', 'firma.de'),
  )
  .map(([first, mark, second, domain]) => `${first}${mark}${second}@${domain}`);
const card = fc.tuple(digits(11), fc.constantFrom('', ' ', '-')).map(([middle, gap]) => {
  const start = `4111${middle}`;
  const number = start + luhnDigit(start);
  return gap === '' ? number : (number.match(/.{4}/g) ?? []).join(gap);
});
const ssn = fc
  .tuple(fc.integer({ min: 100, max: 665 }), fc.integer({ min: 10, max: 99 }), fc.integer({ min: 1000, max: 9999 }))
  .map(([area, group, serial]) => `${area}-${group}-${serial}`);
const phone = fc
  .tuple(fc.constantFrom('415', '212', '303', '617'), fc.integer({ min: 200, max: 999 }), digits(4))
  .filter(([, exchange]) => exchange % 100 !== 11 && exchange !== 555)
  .map(([area, exchange, line]) => `(${area}) ${exchange}-${line}`);

/** A value of one of the four kinds of seed 002. */
export const plantedValue = fc.oneof(email, card, ssn, phone);

/** Words between values, with what makes cutting hard: emoji, other scripts, JSON, Markdown, near misses. */
const filler = fc.constantFrom(
  'Write to ', ' and call ', '. My card is ', ', thanks! ', '\n- ', ' — ', ' **', '** ', '😀 ', ' 中文 ', ' émile ', ': "', '", ', ' (', ') ', ' a@b ', ' 12 ',
  ' 2024-01-15 ', ' v1.2.3 ', ' order 12 of 45 ', '\t', ' $4.50 ', ' user at example dot com ', ' 1-2-3 ',
); // prettier-ignore

/** Texts of at most `longest` values. */
export function plantedText(longest: number): fc.Arbitrary<PlantedText> {
  const piece = fc.tuple(filler, plantedValue, filler);
  return fc.array(piece, { minLength: 1, maxLength: longest }).map((pieces) => ({
    text: pieces.map(([before, value, after]) => ` ${before} ${value} ${after} `).join(''),
    values: pieces.map(([, value]) => value),
  }));
}

/** The longest part that a text shares with a value, in characters. */
function longestPart(value: string, text: string): number {
  let longest = 0;
  for (let start = 0; start + longest < value.length; start++) {
    while (start + longest < value.length && text.includes(value.slice(start, start + longest + 1))) longest++;
  }
  return longest;
}

/** A text in pieces, cut at these indices. */
export function cutAt(text: string, cuts: readonly number[]): string[] {
  const borders = [...new Set(cuts)].filter((cut) => cut > 0 && cut < text.length).sort((one, other) => one - other);
  return [0, ...borders].map((start, at) => text.slice(start, borders[at] ?? text.length));
}

/** Whether a masked text shows more of a value than the text had besides its values, by chance: a date shares digits with a card. */
export function showsPart(value: string, masked: string, { text, values }: PlantedText): boolean {
  const longestFirst = values.toSorted((one, other) => other.length - one.length);
  const rest = longestFirst.reduce((left, planted) => left.replaceAll(planted, '\n'), text);
  return longestPart(value, masked.replaceAll(/\[[A-Z_]+\]/g, '\n')) > longestPart(value, rest);
}
