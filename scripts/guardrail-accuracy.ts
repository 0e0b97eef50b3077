import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { combine } from '../src/guardrails/detectors/find-all.ts';
import { createDetectors } from '../src/guardrails/detectors/index.ts';
import { randomFrom } from './guardrail-accuracy/random.ts';
import { cells, score } from './guardrail-accuracy/score.ts';
import { makeTexts, type Sample, type Span } from './guardrail-accuracy/texts.ts';
import { DRAWS } from './guardrail-accuracy/values.ts';

/*
 * Precision and recall of the detectors on texts with known answers, beside Presidio's pattern recognisers on the same texts.
 * `node scripts/guardrail-accuracy.ts [--seed N] [--per-kind N] [--threshold 0.35] [--misses KIND] [--write]`
 * `--texts FILE` takes texts from elsewhere instead: JSON lines of `{text, planted: [{kind, start, end}], isLabelled}`.
 */

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    'per-kind': { type: 'string', default: '40' },
    threshold: { type: 'string', default: '0.35' },
    misses: { type: 'string' },
    texts: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const PAGE = fileURLToPath(new URL('../docs/guardrails-accuracy.md', import.meta.url));
const [BEGIN, END] = ['<!-- table: begin -->', '<!-- table: end -->'];

const samples =
  options.texts === undefined
    ? makeTexts(randomFrom(Number(options.seed)), Number(options['per-kind']))
    : readFileSync(options.texts, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Sample);
const detectors = combine(createDetectors());
const ours = samples.map(({ text }) => detectors.find(text));
const presidio = presidioOn(samples);
const others = new Set(presidio.flat().map(({ kind }) => kind));

const rows = Object.keys(DRAWS).map((kind) => {
  const theirs = others.has(kind) ? cells(score(samples, presidio, kind)) : ['–', '–', '–', '–'];
  return `| \`${kind}\` | ${[...cells(score(samples, ours, kind)), ...theirs].join(' | ')} |`;
});
const table = [
  `${samples.length} texts, ${samples.flatMap(({ planted }) => planted).length} values, ${options.texts === undefined ? `seed ${options.seed}` : 'from elsewhere'}, ${new Date().toISOString().slice(0, 10)}, Presidio ${presidioVersion()} with score threshold ${options.threshold}. In percent.`,
  '',
  '| kind | precision | recall | named | bare | Presidio: precision | recall | named | bare |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ...rows,
].join('\n');
console.log(table);
if (options.misses !== undefined) listFaults(options.misses);
if (options.write) {
  const page = readFileSync(PAGE, 'utf8');
  const [head, tail] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)];
  writeFileSync(PAGE, `${page.slice(0, head)}\n${table}\n${page.slice(tail)}`);
}

function python(): string | null {
  const path = join(homedir(), '.cache/sluice/presidio/bin/python');
  return existsSync(path) ? path : null;
}

function presidioVersion(): string {
  const path = python();
  if (path === null) return '(not installed)';
  const { stdout } = spawnSync(path, ['-c', 'import importlib.metadata as m; print(m.version("presidio-analyzer"))'], {
    encoding: 'utf8',
  });
  return stdout.trim();
}

function presidioOn(texts: readonly Sample[]): Span[][] {
  const path = python();
  if (path === null) {
    console.error('Presidio is not installed; scripts/guardrail-accuracy.sh installs it. Only our own side is shown.');
    return texts.map(() => []);
  }
  const script = fileURLToPath(new URL('guardrail-accuracy/presidio.py', import.meta.url));
  const input = texts.map(({ text }) => JSON.stringify(text)).join('\n');
  const result = spawnSync(path, [script, options.threshold], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`Presidio failed: ${result.stderr.slice(-2000)}`);
  return result.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Span[]);
}

/** Prints what our side missed or reported wrongly of one kind. */
function listFaults(kind: string): void {
  for (const [index, { text, planted }] of samples.entries()) {
    const found = ours[index]!.filter((span) => span.kind === kind);
    const own = planted.filter((span) => span.kind === kind);
    const isMissed = own.some(({ start, end }) => !found.some((span) => span.start <= start && span.end >= end));
    const wrong = found.filter((span) => !own.some(({ start, end }) => span.start < end && start < span.end));
    if (isMissed) console.log('missed', JSON.stringify(text), ours[index]);
    for (const { start, end } of wrong) console.log('wrong', JSON.stringify(text.slice(start, end)), 'in', JSON.stringify(text));
  }
}
