import colors from 'picocolors';
import type { Target } from '../target.ts';
import { wrap } from '../wrap.ts';
import type { Status } from './check.ts';
import type { Preflight } from './preflight.ts';
import type { Result } from './run-checks.ts';

/** The worst last: it stands next to the prompt. */
const order: readonly Status[] = ['pass', 'unknown', 'warn', 'fail'];

const paint: Record<Status, (text: string) => string> = {
  pass: colors.green,
  unknown: colors.magenta,
  warn: colors.yellow,
  fail: colors.red,
};

/** What was found as a table for people, `width` columns wide: status, check, detail; below it what to do. */
export function viewPreflight({ results, account }: Preflight, target: Target, width: number): string {
  const idWidth = Math.max(...results.map(({ id }) => id.length));
  const rows = order.flatMap((status) => results.filter((result) => result.status === status));
  const head = `${target.topology} ${target.environment} in ${target.region}${account === null ? '' : `, account ${account}`}\n\n`;
  return head + rows.map((row) => viewRow(row, idWidth, width)).join('') + `\n${summary(results)}\n`;
}

function viewRow({ status, id, detail, fix }: Result, idWidth: number, width: number): string {
  const indent = ' '.repeat(7 + 2 + idWidth + 2);
  const lines = wrap(detail, width - indent.length);
  const first = `${paint[status](status.padEnd(7))}  ${id.padEnd(idWidth)}  `;
  const text = first + lines.join(`\n${indent}`);
  if (fix === undefined) return `${text}\n`;
  // A command stands on a line of its own, unbroken, so that it can be copied.
  const [, words = fix, command] = /^(.*?)(?:^|: )((?:aws|sluice|tofu) [a-z-].*)$/.exec(fix) ?? [];
  const advice = words === '' ? [] : wrap(`-> ${words}`, width - indent.length).map((line) => `${indent}${colors.dim(line)}`);
  const shown = command === undefined ? advice : [...advice, `  ${colors.bold(command)}`];
  return `${[text, ...shown].join('\n')}\n`;
}

function summary(results: readonly Result[]): string {
  const counts = order
    .toReversed()
    .map((status) => [results.filter((result) => result.status === status).length, status] as const);
  return counts
    .filter(([count]) => count > 0)
    .map(([count, status]) => `${count} ${status}`)
    .join(', ');
}
