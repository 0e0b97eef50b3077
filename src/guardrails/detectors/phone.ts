import type { CountryCode } from 'libphonenumber-js/max';
import type { Detector, Match } from '../detector.ts';
import { hasContext } from './context-words.ts';
import { eachMatch } from './each-match.ts';
import { hasSevenDigits, numberRun, SEPARATOR, WORD_BEGINS } from './number-run.ts';
import { isFictional, mayBeDialled, phoneForm, regionsToTry, type Situation } from './phone-form.ts';
import { phoneLibrary } from './phone-library.ts';
import { runDetector } from './run.ts';

/** Regions whose national numbers are found by default. Numbers with a country code are found whatever the region. */
export const DEFAULT_PHONE_REGIONS: readonly CountryCode[] = ['US', 'GB', 'DE', 'FR'];

const LONGEST_UNITS = 40;
const MOST_DIGITS = 17;
/** An `x` begins an extension. */
const ENDS = /^(?![A-WYZa-wyz0-9_])(?![-./][0-9])/;
/** A group of four digits or more that a phone number before it does not end with. */
const NUMBER_FOLLOWS = /^ [0-9]{4}/;
const CALLING =
  /(?:\b|\\[nrt])(?:tele?|phone|mobile?|mob|cell|call|fax|sms|text|whats\s?app|signal|ring|dial|contact|reach|hotline|telephone)s?\b|telefon|handy|rufnummer|t[eé]l[eé]phone|portable|\bt[eé]l\b|tel[eé]fono|m[oó]vil|celular|ll[aá]ma|cellulare|chiama|telefoon|bel\b|ring\b|anruf|appele/i;
/** Those words, and then the number at once. */
const DIALLING = new RegExp(`(?:${CALLING.source})[^0-9]{0,16}$`, 'i');
const OTHERWISE =
  /(?:\b(?:order|card|invoice|ref(?:erence)?|ticket|tracking|case|acc(?:oun)?t|serial|part|sku|item|ids?|article|batch|version|build|bestell\w{0,12}|rechnungs?\w{0,8}|auftrags?\w{0,8}|kunden\w{0,8}|commande|facture|pedido|factura|ordine|isbn|issn|ean|upc|imei|iban|ssn|zip|plz)\b[\s.:#-]{0,3}(?:(?:no|nr|num(?:ber|mer)?|id)\b[\s.:#-]{0,3})?|[#№$€£])$/i;

/** What may be asked of the phone detector. */
export interface PhoneOptions {
  regions?: readonly CountryCode[];
}

/**
 * Phone numbers that could be dialled, by libphonenumber's rules: with a country code for any country, without one for the given regions. Digits that
 * nothing groups count only with a trunk zero or behind words of calling; numbers of orders, dates and addresses do not.
 */
export function phoneDetector({ regions = DEFAULT_PHONE_REGIONS }: PhoneOptions = {}): Detector {
  const pattern = new RegExp(
    `${WORD_BEGINS}(?<![+]|[0-9][-./:,])\\(?\\+?\\(?[0-9](?:[${SEPARATOR}./()]{0,2}[0-9]){6,${MOST_DIGITS - 1}}`,
    'g',
  );
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    eachMatch(pattern, text, ({ 0: run, index }) => {
      const length = phoneLength(text, index, { run: run.slice(0, LONGEST_UNITS), regions });
      if (length > 0) found.push({ kind: 'phone', start: index, end: index + length });
    });
    return found;
  };
  return runDetector({ kinds: ['phone'], run: numberRun, gate: hasSevenDigits, candidates });
}

/** How many units from `start` on are a phone number, the longest first; 0 when none. */
function phoneLength(text: string, start: number, { run, regions }: { run: string; regions: readonly CountryCode[] }): number {
  const form = phoneForm(run);
  if (form === 'none') return 0;
  const isNamedOtherwise = !run.includes('+') && hasContext(text, start, OTHERWISE);
  const situation: Situation = {
    isNamedOtherwise,
    // What stands right before a number says more than what stands further off.
    isCalled: form === 'national' && !isNamedOtherwise && hasContext(text, start, CALLING),
    isAmongNumbers: /[0-9] $/.test(text.slice(Math.max(0, start - 2), start)),
  };
  const isDialled = !isNamedOtherwise && hasContext(text, start, DIALLING);
  for (let end = groupEndBefore(run, run.length + 1); end >= 7; end = groupEndBefore(run, end)) {
    if (!ENDS.test(text.slice(start + end, start + end + 2))) continue;
    const value = run.slice(0, end);
    if (isFictional(value) || (isDialled && mayBeDialled(value))) return end;
    const isFollowed = NUMBER_FOLLOWS.test(text.slice(start + end, start + end + 5));
    const tried = regionsToTry(value, regions, isFollowed ? { ...situation, isAmongNumbers: true } : situation);
    if (tried.some((region) => isPhoneNumber(value, region))) return end;
  }
  return 0;
}

/** Whether libphonenumber knows such a number; behind a plus sign a possible length is enough, since nothing else is written so. */
function isPhoneNumber(value: string, region: CountryCode): boolean {
  const number = phoneLibrary().parsePhoneNumberFromString(value.replace(/^\(?00(?=[1-9])/, '+'), region);
  return number !== undefined && (value.includes('+') ? number.isPossible() : number.isValid());
}

/** The end of the group of digits before the one that ends at `end`. */
function groupEndBefore(run: string, end: number): number {
  let index = end - 1;
  while (index > 0 && isDigit(run, index)) index--;
  while (index > 0 && !isDigit(run, index)) index--;
  return index + 1;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}
