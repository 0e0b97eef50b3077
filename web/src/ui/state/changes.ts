import { readFields } from '../api/read.ts';

/** One field that is different, as text; undefined where it was, or is, not there. */
export interface Change {
  name: string;
  before: string | undefined;
  after: string | undefined;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The fields that differ between two objects, by name. A field that is null counts as one that is not there. */
export function changesBetween(before: unknown, after: unknown): Change[] {
  const [old, now] = [readFields(before), readFields(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .sort()
    .map((name) => ({ name, before: textOf(old[name]), after: textOf(now[name]) }))
    .filter((change) => change.before !== change.after);
}
