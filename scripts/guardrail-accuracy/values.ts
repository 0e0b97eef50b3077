import { complete, icao, luhn, mod1110, mod97, until, verhoeff, weighted } from './checks.ts';
import type { Random } from './random.ts';

/** Draws a true value of a kind, in one of the ways in which people write it. */
export type Draw = (random: Random) => string;

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const ALNUM = `${UPPER}${LOWER}0123456789`;
const HEX = '0123456789abcdef';

const group = (value: string, sizes: readonly number[], separator: string): string => {
  let at = 0;
  return sizes.map((size) => value.slice(at, (at += size))).join(separator);
};

const email: Draw = (random) => {
  const name = random.pick([
    'anna',
    'j.smith',
    'maria-luisa',
    'o.brien',
    'xu_wei',
    'kim',
    'r2d2',
    'p.müller',
    'sales+eu',
    'info',
  ]);
  const host = random.pick(['example', 'mail.example', 'firma-beispiel', 'uni-x', 'correo']);
  return `${name}${random.pick(['', random.digits(2)])}@${host}.${random.pick(['com', 'org', 'de', 'co.uk', 'fr', 'museum', 'io'])}`;
};

const creditCard: Draw = (random) => {
  const [prefix, length] = random.pick([
    ['4', 16],
    ['4', 13],
    ['51', 16],
    ['55', 16],
    ['2221', 16],
    ['34', 15],
    ['37', 15],
    ['6011', 16],
    ['36', 14],
    ['3530', 16],
    ['62', 16],
  ] as const);
  const body = prefix + random.digits(length - prefix.length - 1);
  const digits = complete((check) => body + check, luhn)!;
  const sizes = length === 15 ? [4, 6, 5] : length === 14 ? [4, 6, 4] : length === 13 ? [13] : [4, 4, 4, 4];
  return random.pick([digits, group(digits, sizes, ' '), group(digits, sizes, '-')]);
};

const ssn: Draw = (random) => {
  const area = until(() => {
    const drawn = 1 + random.below(899);
    return drawn === 666 ? null : drawn;
  });
  return `${String(area).padStart(3, '0')}-${String(1 + random.below(99)).padStart(2, '0')}-${String(1 + random.below(9999)).padStart(4, '0')}`;
};

/** Numbers of ranges that are in use, written as in their country and as for abroad. */
const phone: Draw = (random) => {
  const line = `${2 + random.below(8)}${random.pick(['23', '34', '45', '56', '67'])}`;
  const area = random.pick(['212', '415', '312', '617', '206', '305']);
  const end = random.digits(4);
  return random.pick([
    `(${area}) ${line}-${end}`,
    `${area}-${line}-${end}`,
    `+1 ${area} ${line} ${end}`,
    `${area}.${line}.${end}`,
    `+44 20 7${random.digits(3)} ${end}`,
    `020 7${random.digits(3)} ${end}`,
    `07${random.pick(['7', '8', '9'])}${random.pick(['11', '22', '33'])} ${random.digits(6)}`,
    `+49 30 ${2 + random.below(7)}${random.digits(6)}`,
    `030 ${2 + random.below(7)}${random.digits(6)}`,
    `0171 ${1 + random.below(9)}${random.digits(6)}`,
    `+33 6 ${group(random.digits(8), [2, 2, 2, 2], ' ')}`,
    `01 4${random.below(10)} ${group(random.digits(6), [2, 2, 2], ' ')}`,
    `+34 612 ${random.digits(3)} ${random.digits(3)}`,
    `+39 06 6${random.digits(7)}`,
    `+91 98${random.digits(3)} ${random.digits(5)}`,
    `+55 11 9${random.digits(4)}-${end}`,
  ]);
};

const iban: Draw = (random) => {
  const [country, body] = random.pick([
    ['DE', random.digits(18)],
    ['AT', random.digits(16)],
    ['GB', `${random.letters(4, UPPER)}${random.digits(14)}`],
    ['NL', `ABNA${random.digits(10)}`],
    ['CH', random.digits(17)],
    ['LT', random.digits(16)],
    ['IE', `AIBK${random.digits(14)}`],
  ] as const);
  const check = String(98 - mod97(`${body}${country}00`)).padStart(2, '0');
  const value = `${country}${check}${body}`;
  return random.pick([value, value, value.replace(/.{4}(?=.)/g, '$& ')]);
};

const ipv4: Draw = (random) => [1 + random.below(223), random.below(256), random.below(256), 1 + random.below(254)].join('.');

const ipv6: Draw = (random) => {
  const part = (): string => (1 + random.below(65_534)).toString(16);
  return random.pick([
    `2001:db8:${part()}::${part()}`,
    `fe80::${part()}:${part()}:${part()}:${part()}`,
    Array.from({ length: 8 }, part).join(':'),
  ]);
};

const apiKey: Draw = (random) =>
  random.pick([
    `sk-proj-${random.letters(74, ALNUM)}T3BlbkFJ${random.letters(74, ALNUM)}`,
    `sk-${random.letters(20, ALNUM)}T3BlbkFJ${random.letters(20, ALNUM)}`,
    `sk-ant-api03-${random.letters(93, `${ALNUM}_-`)}AA`,
    `ghp_${random.letters(36, ALNUM)}`,
    `github_pat_${random.letters(22, ALNUM)}_${random.letters(59, ALNUM)}`,
    `glpat-${random.letters(20, `${ALNUM}`)}`,
    `xoxb-${random.digits(12)}-${random.digits(12)}-${random.letters(24, ALNUM)}`,
    `sk_live_${random.letters(24, ALNUM)}`,
    `AIza${random.letters(35, `${ALNUM}_-`)}`,
    `hf_${random.letters(34, UPPER + LOWER)}`,
    `npm_${random.letters(36, ALNUM)}`,
    `SG.${random.letters(22, ALNUM)}.${random.letters(43, ALNUM)}`,
    `SK${random.letters(32, HEX)}`,
  ]);

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const jwt: Draw = (random) =>
  `${base64url({ alg: random.pick(['HS256', 'RS256', 'ES384']), typ: 'JWT' })}.${base64url({ sub: random.digits(8), exp: 1_800_000_000 })}.${random.letters(43, `${ALNUM}_-`)}`;

const privateKey: Draw = (random) => {
  const label = random.pick(['PRIVATE KEY', 'RSA PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'EC PRIVATE KEY']);
  const lines = Array.from({ length: 3 + random.below(20) }, () => random.letters(64, `${ALNUM}+/`));
  const end = random.pick(['\n', '\\n']);
  return [`-----BEGIN ${label}-----`, ...lines, `${random.letters(20, ALNUM)}==`, `-----END ${label}-----`].join(end);
};

const awsAccessKey: Draw = (random) => `${random.pick(['AKIA', 'ASIA'])}${random.letters(16, `${UPPER}234567`)}`;
const awsSecretKey: Draw = (random) =>
  until(() => {
    const value = random.letters(40, `${ALNUM}/+`);
    return /[0-9]/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) ? value : null;
  });

const routing: Draw = (random) =>
  until(() => {
    const body = random.pick(['02', '06', '11', '12', '26', '32']) + random.digits(6);
    return complete(
      (check) => body + check,
      (value) => weighted(value, '371371371', 10) === 0,
    );
  });

const passport: Draw = (random) => {
  const country = random.pick(['UTO', 'GBR', 'FRA', 'ESP', 'USA']);
  const number = random.letters(2, UPPER) + random.digits(7);
  const date = (): string => `${random.digits(2)}0${1 + random.below(9)}${10 + random.below(18)}`;
  const [birth, expiry] = [date(), date()];
  const line = `${number}${icao(number)}${country}${birth}${icao(birth)}${random.pick(['M', 'F'])}${expiry}${icao(expiry)}${'<'.repeat(14)}0`;
  return line + icao(line.slice(0, 10) + line.slice(13, 20) + line.slice(21, 43));
};

const germanPassport: Draw = (random) => {
  const serial =
    random.pick(['C', 'F', 'G', 'H', 'J', 'K']) +
    random.letters(8, '0123456789CFGHJKLMNPRTVWXYZ').replace(/^../, random.digits(2));
  return serial + icao(serial);
};

const germanTaxId: Draw = (random) =>
  until(() => {
    const ten = `${1 + random.below(9)}${random.digits(9)}`;
    const counts = [...'0123456789'].map((digit) => ten.split(digit).length - 1).filter((count) => count > 1);
    if (counts.length !== 1 || counts[0]! > 3) return null;
    const value = complete((check) => ten + check, mod1110)!;
    return random.pick([value, group(value, [2, 3, 3, 3], ' ')]);
  });

const nhs: Draw = (random) =>
  until(() => {
    const body = random.digits(9);
    const value = complete(
      (check) => body + check,
      (digits) => weighted(digits, 'a987654321', 11) === 0,
    );
    return value === null ? null : random.pick([value, group(value, [3, 3, 4], ' ')]);
  });

const nino: Draw = (random) =>
  until(() => {
    const prefix = random.letters(1, 'ABCEGHJKLMNOPRSTWXYZ') + random.letters(1, 'ABCEGHJKLMNPRSTWXYZ');
    if (['BG', 'GB', 'NK', 'KN', 'TN', 'NT', 'ZZ'].includes(prefix)) return null;
    const value = `${prefix}${random.digits(6)}${random.pick([...'ABCD'])}`;
    return random.pick([value, group(value, [2, 2, 2, 2, 1], ' ')]);
  });

const spanish = 'TRWAGMYFPDXBNJZSQVHLCKE';
const dni: Draw = (random) => {
  const digits = random.digits(8);
  return `${digits}${random.pick(['', '-'])}${spanish[Number(digits) % 23]}`;
};
const nie: Draw = (random) => {
  const [first, digits] = [random.below(3), random.digits(7)];
  return `${'XYZ'[first]}${digits}${spanish[Number(`${first}${digits}`) % 23]}`;
};

const nir: Draw = (random) => {
  const body = `${1 + random.below(2)}${random.digits(2)}${String(1 + random.below(12)).padStart(2, '0')}${String(10 + random.below(85))}${random.digits(6)}`;
  const value = body + String(97 - Number(BigInt(body) % 97n)).padStart(2, '0');
  return random.pick([value, group(value, [1, 2, 2, 2, 3, 3, 2], ' ')]);
};

/** The published table of values at odd places. */
const ODD = new Map(
  [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((character, index) => [
    character,
    [
      1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
      23,
    ][index]!,
  ]),
);
const fiscalCode: Draw = (random) => {
  const body = `${random.letters(6, 'BCDFGLMNPRSTVZ')}${random.digits(2)}${random.pick([...'ABCDEHLMPRST'])}${String(1 + random.below(31)).padStart(2, '0')}${random.letters(1, UPPER)}${random.digits(3)}`;
  const sum = [...body].reduce(
    (total, character, index) =>
      total + (index % 2 === 0 ? ODD.get(character)! : Number.parseInt(character, 36) - (/[A-Z]/.test(character) ? 10 : 0)),
    0,
  );
  return body + UPPER[sum % 26];
};

const bsn: Draw = (random) =>
  until(() => {
    const body = `${1 + random.below(9)}${random.digits(7)}`;
    return complete(
      (check) => body + check,
      (value) => (weighted(value.slice(0, 8), '98765432', 11) - Number(value[8]) + 11) % 11 === 0,
    );
  });

const aadhaar: Draw = (random) => {
  const body = `${2 + random.below(8)}${random.digits(10)}`;
  const value = complete((check) => body + check, verhoeff)!;
  return random.pick([value, group(value, [4, 4, 4], ' ')]);
};

const eleven = (digits: string, weights: string): string => {
  const rest = weighted(digits, weights, 11);
  return String(rest < 2 ? 0 : 11 - rest);
};
const cpf: Draw = (random) => {
  const nine = random.digits(9);
  const ten = nine + eleven(nine, 'a98765432');
  const value = ten + eleven(ten, 'ba98765432');
  return random.pick([value, `${group(value.slice(0, 9), [3, 3, 3], '.')}-${value.slice(9)}`]);
};
const cnpj: Draw = (random) => {
  const twelve = `${random.digits(8)}0001`;
  const thirteen = twelve + eleven(twelve, '543298765432');
  const value = thirteen + eleven(thirteen, '6543298765432');
  return `${group(value.slice(0, 8), [2, 3, 3], '.')}/${value.slice(8, 12)}-${value.slice(12)}`;
};

const sin: Draw = (random) => {
  const body = `${random.pick([...'1234567'])}${random.digits(7)}`;
  const value = complete((check) => body + check, luhn)!;
  return random.pick([value, group(value, [3, 3, 3], ' '), group(value, [3, 3, 3], '-')]);
};

const pesel: Draw = (random) => {
  const body = `${random.digits(2)}${random.pick(['0', '2'])}${1 + random.below(9)}${String(1 + random.below(28)).padStart(2, '0')}${random.digits(4)}`;
  return complete(
    (check) => body + check,
    (value) => weighted(value, '13791379131', 10) === 0,
  )!;
};

/** How to draw each kind. */
export const DRAWS: Readonly<Record<string, Draw>> = {
  email,
  credit_card: creditCard,
  us_ssn: ssn,
  phone,
  iban,
  ipv4,
  ipv6,
  api_key: apiKey,
  jwt,
  private_key: privateKey,
  aws_access_key: awsAccessKey,
  aws_secret_key: awsSecretKey,
  us_bank_routing: routing,
  passport,
  de_passport: germanPassport,
  de_tax_id: germanTaxId,
  uk_nhs: nhs,
  uk_nino: nino,
  es_dni: dni,
  es_nie: nie,
  fr_nir: nir,
  it_fiscal_code: fiscalCode,
  nl_bsn: bsn,
  in_aadhaar: aadhaar,
  br_cpf: cpf,
  br_cnpj: cnpj,
  ca_sin: sin,
  pl_pesel: pesel,
};
