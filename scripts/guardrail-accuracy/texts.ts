import { DECOYS } from './decoys.ts';
import type { Random } from './random.ts';
import { DRAWS } from './values.ts';

/** A value that was put into a text: UTF-16 indices, `end` exclusive. */
export interface Span {
  kind: string;
  start: number;
  end: number;
}

/** A text whose values are known. */
export interface Sample {
  text: string;
  planted: Span[];
  /** Whether words beside the value say what it is. */
  isLabelled: boolean;
}

/** What people call the kinds: English, and where it matters German, French, Spanish, Italian, Dutch, Portuguese, Polish. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  email: ['email', 'E-Mail-Adresse', 'adresse mail', 'correo'],
  credit_card: ['card number', 'credit card', 'Kreditkarte', 'carte bancaire', 'tarjeta'],
  us_ssn: ['SSN', 'social security number'],
  phone: ['phone number', 'mobile', 'Telefonnummer', 'téléphone', 'teléfono'],
  iban: ['IBAN', 'bank account', 'Kontoverbindung'],
  ipv4: ['IP address', 'server', 'client ip'],
  ipv6: ['IPv6 address', 'host'],
  api_key: ['API key', 'token', 'api_key'],
  jwt: ['bearer token', 'session token'],
  private_key: ['private key', 'server key'],
  aws_access_key: ['AWS access key', 'aws_access_key_id'],
  aws_secret_key: ['AWS secret', 'aws_secret_access_key', 'secret key'],
  us_bank_routing: ['routing number', 'ABA number', 'bank routing'],
  passport: ['passport MRZ', 'machine readable line'],
  de_passport: ['passport number', 'Reisepass', 'Ausweisnummer'],
  de_tax_id: ['tax id', 'Steuer-ID', 'Steueridentifikationsnummer'],
  uk_nhs: ['NHS number', 'NHS no', 'patient number'],
  uk_nino: ['national insurance number', 'NI number', 'NINO'],
  es_dni: ['DNI', 'NIF'],
  es_nie: ['NIE', 'foreigner id'],
  fr_nir: ['numéro de sécurité sociale', 'NIR'],
  it_fiscal_code: ['codice fiscale', 'fiscal code'],
  nl_bsn: ['BSN', 'burgerservicenummer'],
  in_aadhaar: ['Aadhaar', 'aadhaar number', 'UIDAI number'],
  br_cpf: ['CPF', 'cpf do cliente'],
  br_cnpj: ['CNPJ', 'empresa'],
  ca_sin: ['SIN', 'social insurance number'],
  pl_pesel: ['PESEL', 'numer PESEL'],
};

const LABELLED = [
  'My {label} is {value}.',
  '{label}: {value}',
  'Please change my {label} to {value}, thanks!',
  'Meine {label} lautet {value}, bitte bestätigen.',
  'Bonjour, mon {label} est {value} ; merci.',
  'Hola, mi {label} es {value}.',
  '{"customer": 4711, "{label}": "{value}", "active": true}',
  '| {label} | {value} |',
  'name=Kim; {label}={value}; plan=pro',
  'Kim said: "the {label} ({value}) is still valid."',
  'INFO 2026-03-14T09:26:53Z user updated {label} {value}',
];
const BARE = [
  '{value}',
  'Use {value} for this one.',
  'as discussed: {value} – please confirm',
  'We have {value} on file, is that right?',
  'kim,{value},2026-03-14,active',
  'Do {value} and the other one belong together?\nI think so.',
];

/** Makes texts: for each kind `perKind` with one value, every fourth without words that say what it is; and half as many texts of decoys only. */
export function makeTexts(random: Random, perKind: number): Sample[] {
  const samples: Sample[] = [];
  for (const [kind, draw] of Object.entries(DRAWS)) {
    for (let count = 0; count < perKind; count++) {
      const isLabelled = count % 4 !== 3;
      const template = random.pick(isLabelled ? LABELLED : BARE).replaceAll('{label}', random.pick(LABELS[kind]!));
      const value = draw(random);
      const lead = random.below(3) === 0 ? `${random.pick(DECOYS)(random)}\n` : '';
      const start = lead.length + template.indexOf('{value}');
      const text = lead + template.replace('{value}', () => value);
      samples.push({ text: withDecoyBehind(random, text), planted: [{ kind, start, end: start + value.length }], isLabelled });
    }
  }
  const decoys = Math.round((samples.length * 3) / 4);
  for (let count = 0; count < decoys; count++) {
    samples.push({ text: withDecoyBehind(random, random.pick(DECOYS)(random)), planted: [], isLabelled: false });
  }
  return samples;
}

function withDecoyBehind(random: Random, text: string): string {
  return random.below(3) === 0 ? `${text}\n${random.pick(DECOYS)(random)}` : text;
}
