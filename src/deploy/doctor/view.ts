import colors from 'picocolors';
import { wrap } from '../wrap.ts';
import type { Status } from './check.ts';
import type { Diagnosis, Result } from './run-doctor.ts';

const paint: Record<Status, (text: string) => string> = { pass: colors.green, fail: colors.red, skipped: colors.dim };

/** What was found as a table for people, `width` columns wide; below a failure what was expected, what came, and what to do. */
export function viewDiagnosis({ url, results, verdict }: Diagnosis, width: number): string {
  const idWidth = Math.max(...results.map(({ id }) => id.length));
  // Where nothing answers there is one thing to say, and no list of what was not asked.
  const shown = verdict === 'unreachable' ? results.filter(({ status }) => status !== 'skipped') : results;
  const rows = shown.map((result) => viewRow(result, idWidth, width)).join('');
  return `${url}\n\n${rows}\n${summary(results)}: ${verdict === 'green' ? colors.green(verdict) : colors.red(verdict)}\n`;
}

function viewRow({ status, id, durationMs, detail, expected, came, advice }: Result, idWidth: number, width: number): string {
  const took = status === 'skipped' ? '' : `${(durationMs / 1000).toFixed(2)} s`;
  const first = `${paint[status](status.padEnd(7))}  ${id.padEnd(idWidth)}  ${took.padStart(8)}  `;
  const indent = ' '.repeat(7 + 2 + idWidth + 2 + 8 + 2);
  const lines = (text: string) => wrap(text, Math.max(30, width - indent.length));
  if (status !== 'fail') return `${first}${lines(detail).join(`\n${indent}`)}\n`;
  const told = [...lines(`expected ${expected ?? ''}`), ...lines(`came ${came ?? ''}`)];
  return `${[`${first}${told.join(`\n${indent}`)}`, ...lines(`-> ${advice ?? ''}`).map((line) => `${indent}${colors.dim(line)}`)].join('\n')}\n`;
}

function summary(results: readonly Result[]): string {
  const count = (wanted: Status) => results.filter(({ status }) => status === wanted).length;
  return `${count('pass')} pass, ${count('fail')} fail, ${count('skipped')} skipped`;
}
