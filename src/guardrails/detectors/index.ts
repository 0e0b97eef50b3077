import type { CountryCode } from 'libphonenumber-js/max';
import type { Detector } from '../detector.ts';
import { apiKeyDetector } from './api-key.ts';
import { awsAccessKeyDetector, awsSecretKeyDetector } from './aws-keys.ts';
import { creditCardDetector } from './credit-card.ts';
import { emailDetector } from './email.ts';
import { ibanDetector } from './iban.ts';
import { ipv4Detector, ipv6Detector } from './ip-address.ts';
import { jwtDetector } from './jwt.ts';
import { nationalDetectors } from './national/index.ts';
import { passportDetector } from './passport.ts';
import { phoneDetector } from './phone.ts';
import { privateKeyDetector } from './private-key.ts';
import { usBankRoutingDetector } from './us-bank-routing.ts';
import { usSsnDetector } from './us-ssn.ts';

/** What the built-in detectors may be told. */
export interface DetectorOptions {
  /** Regions (ISO 3166-1 alpha-2) whose national phone numbers count. */
  phoneRegions?: readonly string[];
}

type Rows = Readonly<Record<string, (options: DetectorOptions) => Detector>>;

/** A row for each built-in kind. The surer a kind is, the earlier: of two that find the same text, the earlier wins in a `combine`. */
const builtIn = (): Rows => ({
  private_key: privateKeyDetector,
  jwt: jwtDetector,
  email: emailDetector,
  iban: ibanDetector,
  credit_card: () => creditCardDetector(),
  aws_access_key: awsAccessKeyDetector,
  api_key: () => apiKeyDetector(),
  aws_secret_key: awsSecretKeyDetector,
  us_ssn: usSsnDetector,
  passport: passportDetector,
  ...nationalDetectors(),
  us_bank_routing: usBankRoutingDetector,
  ipv4: ipv4Detector,
  ipv6: ipv6Detector,
  phone: ({ phoneRegions }) =>
    phoneDetector(phoneRegions === undefined ? {} : { regions: phoneRegions as readonly CountryCode[] }),
});

/** Kinds within another kind: on request only, because `credit_card` and `api_key` find them all. */
const onRequest = (): Rows => ({
  visa: () => creditCardDetector({ kind: 'visa', brands: ['visa'] }),
  mastercard: () => creditCardDetector({ kind: 'mastercard', brands: ['mastercard'] }),
  amex: () => creditCardDetector({ kind: 'amex', brands: ['amex'] }),
  github_token: () => apiKeyDetector({ kind: 'github_token', issuer: 'GitHub' }),
});

/** The names of all kinds that `createDetector` knows; with `defaultsOnly` those that `createDetectors` makes unasked. */
export function detectorKinds({ defaultsOnly = false } = {}): string[] {
  return Object.keys(defaultsOnly ? builtIn() : { ...builtIn(), ...onRequest() });
}

/**
 * Makes the detector of a kind.
 * @throws Error for a kind that there is none of
 */
export function createDetector(kind: string, options: DetectorOptions = {}): Detector {
  const rows = { ...builtIn(), ...onRequest() };
  const create = Object.hasOwn(rows, kind) ? rows[kind] : undefined;
  if (create === undefined) throw new Error(`there is no detector "${kind}"; there are ${Object.keys(rows).join(', ')}`);
  return create(options);
}

/** Makes the detectors of several kinds, the preferred first; of all built-in kinds when none are named. @throws Error as `createDetector` */
export function createDetectors({ kinds, ...options }: DetectorOptions & { kinds?: readonly string[] } = {}): Detector[] {
  const known = detectorKinds();
  const wanted = kinds ?? detectorKinds({ defaultsOnly: true });
  return wanted.toSorted((a, b) => known.indexOf(a) - known.indexOf(b)).map((kind) => createDetector(kind, options));
}
