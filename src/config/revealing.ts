/** Secrets print as `***`; a text made with this as JSON's replacer shows a changed secret as a change. Compare with it, never write it anywhere. */
export function revealing(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  return original instanceof Object && 'reveal' in original && typeof original.reveal === 'function' ? original.reveal() : value;
}
