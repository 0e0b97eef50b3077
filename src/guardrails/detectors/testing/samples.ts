/** Values of each kind and near misses, for the tests of all detectors. */
export const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  email: [
    'ada@example.com',
    "joe.o'brien+x@mail.ex-ample.co.uk",
    'jörg@müller.de',
    'a@b.c',
    'logo@2x.png',
    'x@y..de',
    '..a@b.io',
  ],
  credit_card: ['4111 1111 1111 1111', '4111111111111111', '3782-822463-10005', '6304 0000 0000 0000', '4111 1111 1111 1112'],
  visa: ['4111 1111 1111 1111', '5500000000000004'],
  mastercard: ['5500 0000 0000 0004', '4111111111111111'],
  amex: ['3782 822463 10005', '378282246310005', '371449635398431'],
  us_ssn: ['123-45-6789', 'ssn 123456789', '666-45-6789', '123 45 6789', '123‑45‑6789'],
  phone: [
    '+1 415 555 2671',
    '(415) 555-2671',
    '+49 (0)30 1234567',
    '01 42 68 53 00',
    'tel 4155552671',
    '020 7946 0958',
    '2024-01-15',
  ],
};
