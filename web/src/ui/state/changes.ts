import { readFields } from '../api/read.ts';
import { formatUsd } from './format.ts';

/** One field that is different, as text; undefined where it was, or is, not there. */
export interface Change {
  name: string;
  before: string | undefined;
  after: string | undefined;
}

const isMoney = (name: string): boolean => /(^spend|budget|budget_increase)$/.test(name);

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && isMoney(name)) return formatUsd(value / 1e9);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The fields that differ between two objects, by name; money comes in nano-dollars. A field that is null counts as one that is not there. */
export function changesBetween(before: unknown, after: unknown): Change[] {
  const [old, now] = [readFields(before), readFields(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .sort()
    .map((name) => ({ name, before: textOf(name, old[name]), after: textOf(name, now[name]) }))
    .filter((change) => change.before !== change.after);
}
