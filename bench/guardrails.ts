import { combine, type DetectorSet } from '../src/guardrails/detectors/find-all.ts';
import { createDetector, createDetectors, detectorKinds } from '../src/guardrails/detectors/index.ts';

/*
 * CPU of the built-in detectors: prompts of 4 kB with all of them on, beside plain patterns that validate nothing; a stream of 64 chunks; worst-case
 * texts at one, two and four times 256 kB. `node bench/guardrails.ts`
 */

const PROMPT_UNITS = 4_096;
const CHUNKS = 64;
const WORST_UNITS = 262_144;

const PROSE =
  'The harbour was quiet when Marta came down in the morning, and the two boats that had left on Friday were still out. She had written to the ' +
  'office in March 2024 about the lamps (12 of them, of which 7 were broken), but nobody had answered; "next week", they said, as they always did. ';
const VALUES =
  ' Write to marta.k@example.com or call +49 30 1234567; card 4111 1111 1111 1111, SSN 123-45-6789, IBAN DE89 3704 0044 0532 0130 00, from 192.168.1.10.';

const prompt = (units: number, end = ''): string =>
  PROSE.repeat(Math.ceil(units / PROSE.length)).slice(0, units - end.length) + end;

/** What many gateways run: one loose pattern a kind. */
const PLAIN = [
  /[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}/g,
  /\b(?:\d[ -]?){13,19}\b/g,
  /\b\d{3}-\d{2}-\d{4}\b/g,
  /(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}\b/g,
  /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/g,
  /\b(?:\d{1,3}\.){3}\d{1,3}\b/g,
  /\b(?:sk|ghp|xoxb|AKIA)[A-Za-z0-9_-]{16,}\b/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g,
];

/** Median CPU of one call in microseconds, over rounds that are long enough for the clock. */
function medianMicros(call: (round: number) => void, calls: number, rounds = 21): number {
  for (let count = 0; count < calls; count++) call(count);
  const micros = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    for (let count = 0; count < calls; count++) call(count);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / calls;
  });
  return micros.sort((a, b) => a - b)[Math.floor(rounds / 2)]!;
}

/** A stream as an engine reads it: context, what is held, and the next chunk. Returns what is left at the end. */
function stream(detectors: DetectorSet, chunks: readonly string[]): number {
  let kept = '';
  let sent = 0;
  for (const chunk of chunks) {
    kept += chunk;
    const { pendingFrom } = detectors.scan(kept);
    const released = Math.max(sent, pendingFrom);
    const context = detectors.contextFrom(kept, released);
    kept = kept.slice(context);
    sent = released - context;
  }
  return kept.length;
}

const all = combine(createDetectors());
const micros = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} µs`;

console.log(`all ${createDetectors().length} detectors, Node ${process.version}, CPU time at the median\n`);
for (const [name, text] of [
  ['4 kB of prose', prompt(PROMPT_UNITS)],
  ['4 kB of prose with six values', prompt(PROMPT_UNITS, VALUES)],
] as const) {
  // A text of its own for every call: none is answered out of the engine's cache.
  const texts = Array.from({ length: 64 }, (_, index) =>
    text.replace('Marta', `Marta${String.fromCharCode(97 + (index % 26))}${'x'.repeat(index >> 5)}`),
  );
  const ours = medianMicros((round) => all.scan(texts[round % 64]!), 256);
  const plain = medianMicros((round) => PLAIN.forEach((pattern) => texts[round % 64]!.match(pattern)), 256);
  console.log(`${name}: ${micros(ours)}; ${PLAIN.length} plain patterns: ${micros(plain)}`);
}

const answer = prompt(CHUNKS * 20);
const chunks = Array.from({ length: CHUNKS }, (_, index) => answer.slice(index * 20, (index + 1) * 20));
console.log(
  `a chunk of 20 characters in a stream of ${CHUNKS}: ${micros(medianMicros(() => stream(all, chunks), 64) / CHUNKS)}\n`,
);

const WORST: Readonly<Record<string, string>> = {
  digits: '7',
  zeros: '0',
  'a@a@a@': 'a@',
  'a@a.a.a.': 'a@a.a.a.',
  aaaa: 'a',
  'digits and spaces': '00 ',
  'phones behind words': 'tel 0171 12 34 ',
  'cards that fail': '4111 1111 1111 1112 ',
  'AA00 groups': 'DE89 3704 0044 0532 ',
  'key prefixes': 'sk-ant-',
  'header beginnings': 'eyJhbGciOiJIUzI1NiJ9.',
  'PEM headers': '-----BEGIN PRIVATE KEY-----\n',
  'PEM headers and bodies': `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\n`,
  colons: '1:',
  'capitals and fillers': 'P<UTO',
};

/** The slowest detector on a text, in milliseconds. */
function slowest(text: string): { kind: string; ms: number } {
  const times = detectorKinds({ defaultsOnly: true }).map((kind) => {
    const detector = createDetector(kind);
    const before = process.cpuUsage();
    detector.find(text);
    detector.pendingFrom(text);
    const { user, system } = process.cpuUsage(before);
    return { kind, ms: (user + system) / 1000 };
  });
  return times.reduce((most, time) => (time.ms > most.ms ? time : most));
}

console.log('worst cases, 256 kB, 512 kB, 1 MB: all detectors, and the slowest at 1 MB');
for (const [name, unit] of Object.entries(WORST)) {
  const sizes = [1, 2, 4].map((times) => {
    const text = unit.repeat(Math.ceil((WORST_UNITS * times) / unit.length));
    return medianMicros(() => all.scan(text), 1, 3) / 1000;
  });
  const { kind, ms } = slowest(unit.repeat(Math.ceil((WORST_UNITS * 4) / unit.length)));
  console.log(`${name}: ${sizes.map((size) => `${size.toFixed(0)} ms`).join(', ')}; ${kind} ${ms.toFixed(0)} ms`);
}
