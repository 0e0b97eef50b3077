/** The smallest, middle and largest of some values. */
export type Spread = { min: number; median: number; max: number };

/** The value below which `share` (0 to 1) of the values lie, by nearest rank; undefined of nothing. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** The middle value, or the mean of the two middle ones; undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}

/** Min, median and max; undefined of nothing. */
export function spread(values: readonly number[]): Spread | undefined {
  const middle = median(values);
  return middle === undefined ? undefined : { min: Math.min(...values), median: middle, max: Math.max(...values) };
}

/** The least-squares slope of y over x; undefined of fewer than two different x. */
export function slope(points: readonly { x: number; y: number }[]): number | undefined {
  const meanX = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const meanY = points.reduce((sum, point) => sum + point.y, 0) / points.length;
  const variance = points.reduce((sum, point) => sum + (point.x - meanX) ** 2, 0);
  if (points.length < 2 || variance === 0) return undefined;
  return points.reduce((sum, point) => sum + (point.x - meanX) * (point.y - meanY), 0) / variance;
}
