import type { CountryCode } from 'libphonenumber-js/max';
import { SEPARATOR } from './number-run.ts';
import { phoneLibrary } from './phone-library.ts';

const GAP = `[${SEPARATOR}./]`;
/** Three, three and four digits with something between the last two groups, as North America writes them. */
const NORTH_AMERICA = new RegExp(
  `^(?:\\+?1${GAP}{0,2})?(?:\\([2-9][0-9]{2}\\)${GAP}{0,2}|[2-9][0-9]{2}${GAP})[2-9][0-9]{2}${GAP}[0-9]{4}$`,
);
const FICTIONAL = new RegExp(`^(?:\\+?1${GAP}{0,2})?(?:\\(555\\)${GAP}{0,2}|555${GAP})[0-9]{3}${GAP}[0-9]{4}$`);
const NORTH_AMERICA_BARE = /^1?[2-9][0-9]{2}[2-9][0-9]{6}$/;
const MORE = `(?:${GAP}{1,2}[0-9]{2,12})`;
/** A zero first, then groups of two digits or more; at most one part in parentheses. */
const TRUNK = new RegExp(`^(?:(?:\\(0[0-9]{1,5}\\)|0 ?\\([0-9]{2,5}\\))${GAP}{0,2}[0-9]{2,12}|0[0-9]{1,11})${MORE}{0,5}$`);
const AREA_IN_PARENTHESES = new RegExp(`^\\([0-9]{2,4}\\)${GAP}{0,2}[0-9]{2,12}${MORE}{0,3}$`);
const GROUPED = new RegExp(`^[0-9]{2,12}(?:${GAP}[0-9]{2,9}){0,4}$`);
const DATE =
  /^(?:[0-9]{1,2}([./-])[0-9]{1,2}\1(?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}([./-])[0-9]{1,2}\2[0-9]{1,2})(?![0-9])(?![./-])/;
const ADDRESS = /^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$/;

/** Where nobody leaves out the trunk zero, so that a number without it is none. */
const TRUNK_ALWAYS_WRITTEN: ReadonlySet<CountryCode> = new Set<CountryCode>([
  'AT',
  'AU',
  'BE',
  'CH',
  'DE',
  'FI',
  'FR',
  'GB',
  'IE',
  'IL',
  'JP',
  'KR',
  'NL',
  'NZ',
  'SE',
  'TR',
  'UA',
  'ZA',
]);

/** What a run of digits looks like at first sight; `none` can be no phone number. */
export function phoneForm(run: string): 'international' | 'national' | 'none' {
  if (/^\(?(?:\+|00[1-9])/.test(run)) return 'international';
  if (DATE.test(run) || ADDRESS.test(run)) return 'none';
  return 'national';
}

/** What the text before a value says about it. */
export interface Situation {
  /** Words of calling stand before it. */
  isCalled: boolean;
  /** It is said to be the number of something else. */
  isNamedOtherwise: boolean;
  /** Another number stands right before or behind it. */
  isAmongNumbers: boolean;
}

/** The regions by whose rules `value` is to be read; none when its form is no phone number's. */
export function regionsToTry(value: string, regions: readonly CountryCode[], situation: Situation): readonly CountryCode[] {
  const { isCalled, isNamedOtherwise, isAmongNumbers } = situation;
  const digits = value.replace(/[^0-9]+/g, '').length;
  if (digits < 7 || digits > 15 || !isBalanced(value)) return [];
  const isUnlikely = !isCalled && (isNamedOtherwise || isAmongNumbers);
  // The country code says by whose rules.
  if (phoneForm(value) === 'international') return isUnlikely && !value.includes('+') ? [] : [regions[0] ?? 'US'];
  if (NORTH_AMERICA.test(value) && (isCalled || !isAmongNumbers)) return regions.filter(isNorthAmerican);
  if (isUnlikely) return [];
  const elsewhere = regions.filter((region) => !isNorthAmerican(region));
  if (digits >= 9 && TRUNK.test(value)) return elsewhere;
  if (digits >= 8 && AREA_IN_PARENTHESES.test(value)) return elsewhere;
  if (!isCalled) return [];
  const bare = NORTH_AMERICA_BARE.test(value) ? regions.filter(isNorthAmerican) : [];
  return digits >= 8 && GROUPED.test(value)
    ? [...bare, ...elsewhere.filter((region) => !TRUNK_ALWAYS_WRITTEN.has(region))]
    : bare;
}

/** Whether a number right behind words of calling is written as one, though no given region has such numbers. */
export function mayBeDialled(value: string): boolean {
  const digits = value.replace(/[^0-9]+/g, '').length;
  return (
    digits >= 7 &&
    digits <= 13 &&
    isBalanced(value) &&
    (GROUPED.test(value) || TRUNK.test(value) || AREA_IN_PARENTHESES.test(value))
  );
}

/** Numbers with the area code 555, which nobody has: people write them where they mean a phone number. */
export function isFictional(value: string): boolean {
  return FICTIONAL.test(value);
}

const isNorthAmerican = (region: CountryCode): boolean => phoneLibrary().getCountryCallingCode(region) === '1';

function isBalanced(value: string): boolean {
  const opening = value.split('(').length;
  return opening === value.split(')').length && opening <= 2;
}
