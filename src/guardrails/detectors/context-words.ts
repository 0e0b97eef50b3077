/** How far before a value the words may lie that say what it is, in UTF-16 units. */
export const CONTEXT_UNITS = 48;

/** Whether words that `pattern` knows lie shortly before `index`. */
export function hasContext(text: string, index: number, pattern: RegExp): boolean {
  return pattern.test(text.slice(Math.max(0, index - CONTEXT_UNITS), index));
}
