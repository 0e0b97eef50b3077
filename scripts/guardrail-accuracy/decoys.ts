import { luhn } from './checks.ts';
import type { Random } from './random.ts';
import { DRAWS } from './values.ts';

const HEX = '0123456789abcdef';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const ALNUM = `${UPPER}abcdefghijklmnopqrstuvwxyz0123456789`;

const uuid = (random: Random): string => [8, 4, 4, 4, 12].map((length) => random.letters(length, HEX)).join('-');

/** A card number with one digit changed, so that the Luhn check fails. */
function wrongCard(random: Random): string {
  const right = DRAWS['credit_card']!(random);
  const index = right.length - 1;
  const wrong = right.slice(0, index) + String((Number(right[index]) + 1 + random.below(8)) % 10);
  return luhn(wrong.replace(/\D/g, '')) ? right.replace(/./g, '9') : wrong;
}

/** A value of a kind whose last digit is another: its check digit is wrong. */
const wrong =
  (kind: string) =>
  (random: Random): string =>
    DRAWS[kind]!(random).replace(/[0-9](?=[^0-9]*$)/, (digit) => String((Number(digit) + 1 + random.below(8)) % 10));

/** Sentences with things that look like values and are none. */
export const DECOYS: readonly ((random: Random) => string)[] = [
  (random) => `Order ${random.digits(10)} was shipped, tracking 1Z${random.letters(6, UPPER)}${random.digits(10)}.`,
  (random) =>
    `Invoice no. ${random.digits(4)}-${random.digits(6)} of 2026-0${1 + random.below(9)}-1${random.below(9)}, total 1,${random.digits(3)}.${random.digits(2)} EUR`,
  (random) => `ticket #${random.digits(9)} is a duplicate of #${random.digits(9)}`,
  (random) => `Bestellnummer ${random.digits(11)}, Kundennummer ${random.digits(8)}`,
  (random) => `The card ${wrongCard(random)} was declined: wrong check digit.`,
  (random) => `account ${wrong('iban')(random)} does not exist`,
  (random) => `Is ${wrong('in_aadhaar')(random)} a valid number? The checksum says no.`,
  (random) =>
    `codes 000-${random.digits(2)}-${random.digits(4)}, 666-12-${random.digits(4)} and 9${random.digits(2)}-00-${random.digits(4)} were never issued`,
  (random) => `upgraded left-pad@${random.below(9)}.${random.below(20)}.${random.below(9)} and @scope/pkg@2.${random.below(9)}.1`,
  (random) =>
    `version ${random.below(20)}.${random.below(20)}.${random.below(20)}.${random.below(255)} fixes build 20260314.${random.digits(4)}`,
  (random) =>
    `took ${1 + random.below(9)}${random.digits(9)} ns, started at 17${random.digits(11)} (epoch ms) / 17${random.digits(8)}`,
  (random) =>
    `2026-0${1 + random.below(9)}-1${random.below(10)}T1${random.below(10)}:2${random.below(10)}:3${random.below(10)}.${random.digits(9)}Z job done`,
  (random) =>
    `on ${10 + random.below(19)}.0${1 + random.below(9)}.2026 at 09:30, and 0${1 + random.below(9)}/1${random.below(10)}/2025`,
  (random) => `commit ${random.letters(40, HEX)} (${random.letters(7, HEX)})`,
  (random) => `sha256:${random.letters(64, HEX)} md5 ${random.letters(32, HEX)}`,
  (random) => `request ${uuid(random)} failed, retry ${uuid(random)}`,
  (random) => `at ${random.below(90)}.${random.digits(7)}, -${random.below(180)}.${random.digits(7)} (WGS84)`,
  (random) =>
    `pi is 3.14159265358979${random.digits(4)}, and 1 ${random.digits(3)} ${random.digits(3)} ${random.digits(3)} people know`,
  (random) => `ISBN 978-3-16-${random.digits(6)}-${random.below(10)}, EAN 40${random.digits(11)}`,
  (random) => `logo@2x.png and icon@3x.webp in /srv/app/${random.digits(8)}/`,
  (random) => `ask @kim_${random.digits(2)} or @team/backend; user@localhost is local`,
  (random) =>
    `MAC 00:1b:44:${random.letters(2, HEX)}:${random.letters(2, HEX)}:${random.letters(2, HEX)} at 12:${10 + random.below(49)}:00`,
  (random) => `std::vector<int>::iterator, a::b::c, ratio 16:9:4 (${random.below(99)})`,
  (random) =>
    `part ${random.letters(2, UPPER)}-${random.digits(6)}-${random.letters(1, UPPER)}, serial ${random.letters(3, UPPER)}${random.digits(7)}`,
  (random) => `licence ${random.letters(5, UPPER)}-${random.letters(5, UPPER)}-${random.digits(5)}-${random.letters(5, UPPER)}`,
  (random) => `data:image/png;base64,iVBORw0KGgo${random.letters(60, `${ALNUM}+/`)}==`,
  () => 'run pip install sk-learn-contrib-tools and use sk-dashboard-for-everyone as the theme',
  () => 'The line -----BEGIN PRIVATE KEY----- begins a PEM file; -----BEGIN CERTIFICATE----- another.',
  (random) => `batch ${random.digits(9)} of lot ${random.digits(8)}; weight ${random.digits(5)} g`,
  (random) =>
    `population ${1 + random.below(9)}.${random.digits(3)}.${random.digits(3)}, area ${random.digits(3)}.${random.digits(3)} km2`,
  (random) => `sensor ids ${random.digits(4)} ${random.digits(4)} ${random.digits(4)} ${random.digits(4)} calibrated`,
  (random) => `IMEI 35${random.digits(13)}, SIM 8949${random.digits(15)}`,
  (random) => `phone model SM-G${random.digits(3)}F, firmware ${random.digits(4)}.${random.digits(4)}.${random.digits(4)}`,
  (random) => `flight LH${random.digits(3)} seat 12A, booking ${random.letters(6, UPPER)}, e-ticket 220-${random.digits(10)}`,
  (random) =>
    `vector [${random.digits(3)}.${random.digits(2)}, ${random.digits(2)}.${random.digits(4)}, -0.${random.digits(12)}]`,
  () => 'She said that nothing of this was secret, and that everybody could read it in the paper of last Sunday.',
];
