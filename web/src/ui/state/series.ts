import type { SpendRow } from '../api/spend.ts';

/** What was spent each day, by holder: the layers of a plot. */
export interface Series {
  days: readonly string[];
  layers: readonly Layer[];
}

/** One holder's spend. */
export interface Layer {
  id: string;
  label: string;
  /** USD, one for each day. */
  values: readonly number[];
  totalUsd: number;
  /** Whether it stands for everybody who has no layer of their own. */
  isRest: boolean;
}

/** Layers that can be told apart by colour; what comes after is summed up as one. */
export const maxLayers = 6;

type Holder = Pick<Layer, 'id' | 'label' | 'isRest'> & { values: number[] };

/** Makes the layers, the dearest first, with a zero for each day that has no row. Rows of other days are left out. */
export function toSeries(rows: readonly SpendRow[], days: readonly string[]): Series {
  const places = new Map(days.map((day, at) => [day, at]));
  const holders = new Map<string, Holder>();
  for (const { day, id, label, costUsd, isRest = false } of rows) {
    const place = places.get(day ?? '');
    if (place === undefined) continue;
    const name = isRest ? 'rest' : `holder ${id}`;
    const holder = holders.get(name) ?? { id, label, isRest, values: days.map(() => 0) };
    holder.values[place] = (holder.values[place] ?? 0) + costUsd;
    holders.set(name, holder);
  }
  const all = [...holders.values()]
    .map((holder) => ({ ...holder, label: holder.label === '' ? 'none' : holder.label, totalUsd: sum(holder.values) }))
    .sort((a, b) => Number(a.isRest) - Number(b.isRest) || b.totalUsd - a.totalUsd);
  // One holder too many takes a colour as well as the rest would.
  if (all.length <= maxLayers + 1) return { days, layers: all };
  const rest = all.slice(maxLayers);
  const values = days.map((_, at) => sum(rest.map((layer) => layer.values[at] ?? 0)));
  const restLayer = { id: '', label: `${rest.length} others`, values, totalUsd: sum(values), isRest: true };
  return { days, layers: [...all.slice(0, maxLayers), restLayer] };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
