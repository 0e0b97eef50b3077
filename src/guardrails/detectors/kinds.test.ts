import { describe, expect, test } from 'vitest';
import { createDetector } from './index.ts';
import { valuesOf } from './testing/laws.ts';

/** What is found in a text, and texts in which nothing is: for each kind that has no test file of its own. */
const CASES: Readonly<Record<string, { found: readonly [string, string][]; none: readonly string[] }>> = {
  iban: {
    found: [
      ['to DE89 3704 0044 0532 0130 00, please', 'DE89 3704 0044 0532 0130 00'],
      ['GB82WEST12345698765432.', 'GB82WEST12345698765432'],
      ['nl91abna0417164300', 'nl91abna0417164300'],
      ['NO93-8601-1117-947', 'NO93-8601-1117-947'],
      ['DE89 3704 0044 0532 0130 00 BIC COBADEFF', 'DE89 3704 0044 0532 0130 00'],
      ['FR14 2004 1010 0505 0001 3M02 606', 'FR14 2004 1010 0505 0001 3M02 606'],
    ],
    none: [
      'DE88 3704 0044 0532 0130 00',
      'DE893704004405320130',
      'XX89370400440532013000',
      'aDE89370400440532013000',
      'AB12 CDEF',
    ],
  },
  ipv4: {
    found: [
      ['from 192.168.1.10:8080', '192.168.1.10'],
      ['at 10.0.0.1.', '10.0.0.1'],
      ['255.255.255.255/32', '255.255.255.255'],
    ],
    none: ['256.1.1.1', 'v1.2.3.4', 'version 1.2.3.4', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.4-beta'],
  },
  ipv6: {
    found: [
      ['[2001:db8:85a3::8a2e:370:7334]:443', '2001:db8:85a3::8a2e:370:7334'],
      ['on ::1.', '::1'],
      ['fe80::1%eth0', 'fe80::1'],
      ['::ffff:192.0.2.128', '::ffff:192.0.2.128'],
      ['host 2001:db8::1: refused', '2001:db8::1'],
    ],
    none: ['12:30:45', '00:1b:44:11:3a:b7', 'std::vector', 'a::b::c', '::', '1:2:3:4:5:6:7:8:9'],
  },
  api_key: {
    found: [
      ['key=sk-proj-abcdefghijklmnopqrstuvwx1234;', 'sk-proj-abcdefghijklmnopqrstuvwx1234'],
      ['sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWx', 'sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWx'],
      ['Bearer sk-Zm9vYmFyYmF6cXV4MTIzNA', 'sk-Zm9vYmFyYmF6cXV4MTIzNA'],
      ['"ghp_abcdefghijklmnopqrstuvwxyz0123456789"', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
      ['glpat-abcdefghij0123456789', 'glpat-abcdefghij0123456789'],
      ['xoxb-123456789012-abcdefABCDEF', 'xoxb-123456789012-abcdefABCDEF'],
      [`sk_live_${'a1'.repeat(12)}`, `sk_live_${'a1'.repeat(12)}`],
      [`SK${'0a'.repeat(16)}`, `SK${'0a'.repeat(16)}`],
    ],
    none: [
      'sk-learn-is-a-python-library-for-everyone',
      'sk-short1A',
      'task-ghp_abcdefghijklmnopqrstuvwxyz',
      'SKUabcdef0123456789abcdef01234567',
      'risk-proj-x',
    ],
  },
  github_token: {
    found: [['ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789']],
    none: ['sk-Zm9vYmFyYmF6cXV4MTIzNA'],
  },
  jwt: {
    found: [
      [
        'token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U.',
        'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
      ],
      ['eyJhbGciOiJub25lIn0.e30.', 'eyJhbGciOiJub25lIn0.e30'],
    ],
    none: ['eyJmb28iOiJiYXIifQ.e30.abc', 'eyJhbGciOiJIUzI1NiJ9', 'eyJub3QganNvbg.e30.abc'],
  },
  aws_access_key: {
    found: [['id AKIAIOSFODNN7EXAMPLE, ok', 'AKIAIOSFODNN7EXAMPLE']],
    none: ['AKIAIOSFODNN7EXAMPL', 'XAKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE1'],
  },
  aws_secret_key: {
    found: [
      ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
      ['AKIAIOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
    ],
    none: [
      'nothing wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'secret da39a3ee5e6b4b0d3255bfef95601890afd80709',
      `secret ${'aA1'.repeat(13)}a`,
    ],
  },
  us_bank_routing: {
    found: [['routing number: 021000021', '021000021']],
    none: ['021000021', 'routing 021000022', 'bank 999000021', 'routing 000000000'],
  },
  passport: {
    found: [
      ['L898902C36UTO7408122F1204159ZE184226B<<<<<10', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'],
      ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<'],
      ['I<UTOD231458907<<<<<<<<<<<<<<<', 'I<UTOD231458907<<<<<<<<<<<<<<<'],
    ],
    none: [
      'L898902C35UTO7408122F1204159ZE184226B<<<<<10',
      'I<UTOD231458908<<<<<<<<<<<<<<<',
      'ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQR',
    ],
  },
  de_passport: {
    found: [['Reisepass C01X00T478', 'C01X00T478']],
    none: ['C01X00T478', 'passport C01X00T479', 'pass CFGHJKLMN1'],
  },
  de_tax_id: {
    found: [
      ['86095742719', '86095742719'],
      ['IdNr. 86 095 742 719', '86 095 742 719'],
    ],
    none: ['86095742710', '12345678901', '06095742719'],
  },
  uk_nhs: {
    found: [
      ['NHS number 943 476 5919', '943 476 5919'],
      ['patient 9434765919', '9434765919'],
    ],
    none: ['943 476 5919', 'NHS 943 476 5918'],
  },
  uk_nino: {
    found: [
      ['AB 12 34 56 C', 'AB 12 34 56 C'],
      ['no AB123456C.', 'AB123456C'],
    ],
    none: ['BG123456C', 'DA123456C', 'AB123456E', 'AB 123456 C'],
  },
  es_dni: {
    found: [
      ['12345678Z', '12345678Z'],
      ['12.345.678-Z', '12.345.678-Z'],
    ],
    none: ['12345678A', '1234567Z', '912345678Z'],
  },
  es_nie: {
    found: [
      ['X1234567L', 'X1234567L'],
      ['y-2345678-z', 'y-2345678-z'],
    ],
    none: ['X1234567A', 'W1234567L'],
  },
  fr_nir: {
    found: [
      ['1 85 12 75 108 123 95', '1 85 12 75 108 123 95'],
      ['185127510812395', '185127510812395'],
    ],
    none: ['185127510812396', '385127510812395'],
  },
  it_fiscal_code: {
    found: [
      ['RSSMRA85T10A562S', 'RSSMRA85T10A562S'],
      ['cf: rssmra85t10a562s', 'rssmra85t10a562s'],
    ],
    none: ['RSSMRA85T10A562T', 'RSSMRA85T10A562SX'],
  },
  nl_bsn: { found: [['BSN 111222333', '111222333']], none: ['111222333', 'BSN 111222334'] },
  in_aadhaar: {
    found: [
      ['2341 2341 2346', '2341 2341 2346'],
      ['Aadhaar: 234123412346', '234123412346'],
    ],
    none: ['2341 2341 2347', '234123412346', '2341 2341 2346 1234'],
  },
  br_cpf: {
    found: [
      ['529.982.247-25', '529.982.247-25'],
      ['CPF 52998224725', '52998224725'],
    ],
    none: ['529.982.247-26', '111.111.111-11', '52998224725'],
  },
  br_cnpj: { found: [['11.222.333/0001-81', '11.222.333/0001-81']], none: ['11.222.333/0001-82', '11222333000181'] },
  ca_sin: { found: [['SIN 130 692 544', '130 692 544']], none: ['130 692 544', 'SIN 130 692 545', 'SIN 046 454 286'] },
  pl_pesel: { found: [['PESEL 44051401359', '44051401359']], none: ['44051401358', '44139901359'] },
};

describe.each(Object.entries(CASES))('%s', (kind, { found, none }) => {
  const detector = createDetector(kind);

  test.each(found)('%s', (text, value) => {
    expect(valuesOf(detector, text)).toEqual([value]);
  });

  test.each(none)('%s is none', (text) => {
    expect(valuesOf(detector, text)).toEqual([]);
  });
});

test('a value behind an escape, as in JSON within JSON, is found', () => {
  expect(valuesOf(createDetector('credit_card'), String.raw`{"text":"card:\n4111111111111111"}`)).toEqual(['4111111111111111']);
  expect(valuesOf(createDetector('email'), String.raw`\nada@example.com`)).toEqual(['ada@example.com']);
  expect(valuesOf(createDetector('iban'), String.raw`\tDE89370400440532013000`)).toEqual(['DE89370400440532013000']);
});

test('a kind that there is not is refused by name', () => {
  expect(() => createDetector('person')).toThrow('there is no detector "person"; there are private_key, jwt');
});
