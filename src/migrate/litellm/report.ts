import type { Findings, Kind } from './findings.ts';
import type { ImportReport } from './import-litellm.ts';

const linesAtMost = 25;

const tableNames = {
  budgets: 'budget',
  users: 'user',
  teams: 'team',
  members: 'member',
  keys: 'key',
  retired_keys: 'retired key',
  customers: 'customer',
  models: 'model',
} as const satisfies Record<string, Kind>;
const tables = Object.entries(tableNames) as [keyof typeof tableNames, Kind][];

/** An import as a program reads it. Money in nano-dollars; holds no key. */
export function reportJson({ isDryRun, plan, applied, logs }: ImportReport): object {
  const { blocked, skipped, changed } = plan.findings;
  const { limitingOrganizations } = plan;
  return { isDryRun, ...applied, logs, blocked, skipped, changed, limitingOrganizations };
}

/** An import as people read it. */
export function reportText({ isDryRun, plan, applied, logs }: ImportReport): string {
  const { findings } = plan;
  const skipped = (kind: Kind) => findings.skipped.filter((finding) => finding.kind === kind).length;
  const rows = tables.map(([table, kind]) => {
    const { inserted, updated, unchanged } = applied.tables[table];
    return [table.replace('_', ' '), inserted, updated, unchanged, skipped(kind)].map(String);
  });
  const spend = Object.entries(applied.spend).map(([holders, { sourceNanoUsd, carriedNanoUsd }]) => {
    const over = sourceNanoUsd - carriedNanoUsd;
    return [holders, usd(sourceNanoUsd), usd(carriedNanoUsd), usd(over)];
  });
  return [
    isDryRun ? 'What an import would do (nothing is written):\n\n' : 'What is imported:\n\n',
    formatTable([['', 'NEW', 'CHANGED', 'AS BEFORE', 'SKIPPED'], ...rows]),
    '\nWhat they have spent, in USD:\n\n',
    formatTable([['', 'IN LITELLM', 'CARRIED OVER', 'OF ENDED PERIODS'], ...spend]),
    `\n${applied.counters} counters of spend written; none of them falls.\n`,
    logs === null ? '' : `${logs.rows} requests added to the ledger, ${usd(logs.costNanoUsd)} USD.\n`,
    organizations(plan.limitingOrganizations),
    section('Imported blocked, because something that restricts them cannot be enforced here', findings.blocked),
    section('Skipped', findings.skipped),
    section('Imported otherwise than they were', findings.changed),
  ].join('');
}

function organizations(names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, linesAtMost).join(', ');
  return `\n${names.length} organizations limit their teams and keys, which nothing here does (needs --without-organizations): ${shown}\n`;
}

function section(title: string, found: Findings['skipped']): string {
  if (found.length === 0) return '';
  const lines = found
    .slice(0, linesAtMost)
    .map(({ kind, label, reason }) => `  ${kind} ${printable(label)}: ${printable(reason)}\n`);
  const more = found.length > linesAtMost ? `  and ${found.length - linesAtMost} more; --json tells all\n` : '';
  return `\n${title} (${found.length}):\n${lines.join('')}${more}`;
}

/** Names come from another database: they must not steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\uFFFD');
}

function usd(nanoUsd: number): string {
  return (nanoUsd / 1e9).toFixed(4);
}

/** The first column to the left, numbers to the right. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
