/** Units that one element of a pattern may take; code points beyond the basic plane take two. */
const WIDE = 2;

/** A reader's place in a pattern. */
interface Cursor {
  pattern: string;
  index: number;
}

/**
 * The most UTF-16 units that a pattern in RE2's syntax can match; null when it has no bound, or is written in a way that this reading does not know.
 */
export function longestMatch(pattern: string): number | null {
  const cursor = { pattern, index: 0 };
  const length = alternatives(cursor);
  return cursor.index === pattern.length && Number.isFinite(length) ? length : null;
}

function alternatives(cursor: Cursor): number {
  let longest = 0;
  for (;;) {
    longest = Math.max(longest, sequence(cursor));
    if (cursor.pattern[cursor.index] !== '|') return longest;
    cursor.index++;
  }
}

function sequence(cursor: Cursor): number {
  let length = 0;
  while (cursor.index < cursor.pattern.length && !'|)'.includes(cursor.pattern.charAt(cursor.index))) {
    const element = elementLength(cursor);
    const most = repetitions(cursor);
    // Nothing, however often, is nothing.
    length += element === 0 ? 0 : element * most;
  }
  return length;
}

/** How often the element before the cursor may come. */
function repetitions(cursor: Cursor): number {
  const rest = cursor.pattern.slice(cursor.index, cursor.index + 16);
  const found = /^(?:[*+]|\?|\{[0-9]+\}|\{[0-9]+,\}|\{[0-9]+,([0-9]+)\})\??/.exec(rest);
  if (found === null) return 1;
  cursor.index += found[0].length;
  if (found[0].startsWith('?')) return 1;
  if (!found[0].startsWith('{')) return Number.POSITIVE_INFINITY;
  const exact = /^\{([0-9]+)\}/.exec(found[0])?.[1];
  return exact === undefined ? Number(found[1] ?? Number.POSITIVE_INFINITY) : Number(exact);
}

function elementLength(cursor: Cursor): number {
  const { pattern } = cursor;
  const character = pattern.charAt(cursor.index);
  if (character === '(') return group(cursor);
  if (character === '[') return characterClass(cursor);
  if (character === '\\') return escape(cursor);
  const code = pattern.codePointAt(cursor.index) ?? 0;
  cursor.index += code > 0xffff ? 2 : 1;
  if (character === '^' || character === '$') return 0;
  return character === '.' || code > 0xffff ? WIDE : 1;
}

function group(cursor: Cursor): number {
  const opening =
    /^\((?:\?(?:P?<[A-Za-z0-9_]+>|[imsU-]*:))?/.exec(cursor.pattern.slice(cursor.index, cursor.index + 80))?.[0] ?? '(';
  cursor.index += opening.length;
  // Flags for the rest, look-around: not read.
  if (cursor.pattern[cursor.index] === '?') return unread(cursor);
  const length = alternatives(cursor);
  if (cursor.pattern[cursor.index] !== ')') return unread(cursor);
  cursor.index++;
  return length;
}

/** A class takes one code point: one unit when it names nothing but plain characters. */
function characterClass(cursor: Cursor): number {
  const found = /^\[(?:\\.|[^\]\\])*\]/su.exec(cursor.pattern.slice(cursor.index));
  if (found === null || found[0].includes('[:')) return unread(cursor);
  cursor.index += found[0].length;
  return /^\[(?!\^)(?:\\[dws.\\/+*?()[\]{}|^$-]|[ -Z_-~^])*\]$/.test(found[0]) ? 1 : WIDE;
}

function escape(cursor: Cursor): number {
  const found = /^\\(?:[pP](?:\{[^}]*\}|.)|x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2})|[0-7]{1,3}|.)/su.exec(
    cursor.pattern.slice(cursor.index),
  );
  const written = found?.[0] ?? '\\';
  // Quoted text, bytes: not read.
  if (found === null || /^\\[QEC]/.test(written)) return unread(cursor);
  cursor.index += written.length;
  if (/^\\[bBAz]$/.test(written)) return 0;
  return /^\\(?:[dsw]|[^A-Za-z0-9])$/.test(written) ? 1 : WIDE;
}

/** Gives up on the rest of a pattern: its length is unknown. */
function unread(cursor: Cursor): number {
  cursor.index = cursor.pattern.length;
  return Number.POSITIVE_INFINITY;
}
