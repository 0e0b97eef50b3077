import { approximate, usd } from '../money.ts';
import type { BookFile, BookRow } from '../prices/book.ts';

/** One difference between two books. `percent` is the change of the first tier. */
export interface PriceChange {
  kind: 'added' | 'vanished' | 'changed';
  id: string;
  region: string;
  before: string;
  after: string;
  percent: number;
}

/** A change that must be accepted by hand: larger than this, or a price that is gone. */
const largestQuietPercent = 30;

const show = (row: BookRow | undefined): string => row?.tiers.map((tier) => tier.usd).join('/') ?? '';
const first = (row: BookRow | undefined): number => approximate(usd(row?.tiers[0]?.usd ?? '0'));

/** What a refresh changed: tiers compared as text, so that provenance alone is no change. */
export function compareBooks(before: BookFile, after: BookFile): PriceChange[] {
  const key = (row: BookRow): string => `${row.id}|${row.region}`;
  const old = new Map(before.rows.map((row) => [key(row), row]));
  const fresh = new Map(after.rows.map((row) => [key(row), row]));
  return [...new Set([...old.keys(), ...fresh.keys()])].sort().flatMap((name): PriceChange[] => {
    const [left, right] = [old.get(name), fresh.get(name)];
    const row = right ?? left;
    if (
      row === undefined ||
      JSON.stringify(left?.tiers.map((tier) => [Number(tier.from), Number(tier.usd)])) ===
        JSON.stringify(right?.tiers.map((tier) => [Number(tier.from), Number(tier.usd)]))
    )
      return [];
    const kind = left === undefined ? 'added' : right === undefined ? 'vanished' : 'changed';
    const percent = kind === 'changed' && first(left) > 0 ? (first(right) / first(left) - 1) * 100 : 0;
    return [{ kind, id: row.id, region: row.region, before: show(left), after: show(right), percent }];
  });
}

/** Changes that need `--accept`. */
export function suspicious(changes: readonly PriceChange[]): PriceChange[] {
  return changes.filter((change) => change.kind === 'vanished' || Math.abs(change.percent) > largestQuietPercent);
}

/** One line for each change. */
export function renderChanges(changes: readonly PriceChange[]): string {
  if (changes.length === 0) return 'no price changed\n';
  const lines = changes.map((change) => {
    const percent = change.kind === 'changed' ? ` (${change.percent >= 0 ? '+' : ''}${change.percent.toFixed(1)} %)` : '';
    return `${change.kind.padEnd(9)}${change.id} ${change.region}: ${change.before || '-'} -> ${change.after || '-'}${percent}`;
  });
  return `${lines.join('\n')}\n`;
}
