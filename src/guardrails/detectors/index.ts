import type { Detector } from '../detector.ts';
import { creditCardDetector } from './credit-card.ts';
import { emailDetector } from './email.ts';
import { phoneDetector, type PhoneOptions } from './phone.ts';
import { usSsnDetector } from './us-ssn.ts';

/** What the built-in detectors may be told. */
export interface DetectorOptions {
  /** Which kinds to find; all built-in kinds by default. */
  kinds?: readonly string[];
  /** Regions whose national phone numbers count. */
  phoneRegions?: NonNullable<PhoneOptions['regions']>;
}

/** A row for each built-in kind; where two find the same text, the earlier row wins. */
const BUILT_IN: Readonly<Record<string, (options: DetectorOptions) => Detector>> = {
  email: emailDetector,
  credit_card: () => creditCardDetector(),
  us_ssn: usSsnDetector,
  phone: ({ phoneRegions }) => phoneDetector(phoneRegions === undefined ? {} : { regions: phoneRegions }),
};

/** Brands that have a kind of their own: not among the defaults, because `credit_card` finds them all. */
const ON_REQUEST: typeof BUILT_IN = {
  visa: () => creditCardDetector({ kind: 'visa', brands: ['visa'] }),
  mastercard: () => creditCardDetector({ kind: 'mastercard', brands: ['mastercard'] }),
  amex: () => creditCardDetector({ kind: 'amex', brands: ['amex'] }),
};

/** The names of all kinds that `createDetectors` knows. */
export function detectorKinds(): string[] {
  return [...Object.keys(BUILT_IN), ...Object.keys(ON_REQUEST)];
}

/** Makes detectors by kind, in the order of preference. A kind that is not known is the caller's mistake: check with `detectorKinds`. */
export function createDetectors(options: DetectorOptions = {}): Detector[] {
  const kinds = options.kinds ?? Object.keys(BUILT_IN);
  const rows = { ...ON_REQUEST, ...BUILT_IN };
  return Object.entries(rows).flatMap(([kind, create]) => (kinds.includes(kind) ? create(options) : []));
}
