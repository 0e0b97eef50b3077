import type { Document, LineCounter } from 'yaml';

/** The line of the key that a path ends with, or of the nearest thing around it that exists; null in an empty document. */
export function lineOf(path: readonly PropertyKey[], document: Document, lines: LineCounter): number | null {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const items = typeof parent === 'object' && parent !== null && 'items' in parent ? (parent.items as unknown[]) : [];
    const item = typeof last === 'number' ? items[last] : items.find((pair) => keyOf(pair) === last);
    const range = rangeOf(typeof last === 'number' ? item : (item as { key?: unknown } | undefined)?.key);
    if (range !== undefined) return lines.linePos(range).line;
  }
  return document.contents === null ? null : 1;
}

/** The key of a pair, as a plain value. */
export function keyOf(pair: unknown): unknown {
  const key = (pair as { key?: { value?: unknown } }).key;
  return key?.value;
}

function rangeOf(node: unknown): number | undefined {
  const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
  return range?.[0];
}
