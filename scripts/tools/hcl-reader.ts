/** A `variable` or `output` block: its label, and the expressions of its arguments as they are written, comments left out. */
export interface HclBlock {
  label: string;
  arguments: ReadonlyMap<string, string>;
}

/** Strings, heredocs and comments: what must not be searched for brackets. A template inside of a string has balanced ones. */
const opaque = /"(?:[^"\\]|\\.)*"|<<-?(\w+)\n[\s\S]*?\n\s*\1(?=\n)|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** The text with every character of strings and comments replaced by a filler, so that positions stay. */
const blank = (text: string, filler: (match: string) => string): string =>
  text.replaceAll(opaque, (match: string) => filler(match));

const withoutComments = (text: string): string =>
  blank(text, (match) => (/^["<]/.test(match) ? match : match.replaceAll(/[^\n]/g, ' ')));

const shadowOf = (text: string): string => blank(text, (match) => match.replaceAll(/[^\n]/g, '_'));

/** Position after the bracket that closes the one at `start`. */
function closing(shadow: string, start: number): number {
  let depth = 0;
  for (let position = start; position < shadow.length; position += 1) {
    const character = shadow[position] ?? '';
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    if (depth === 0) return position + 1;
  }
  throw new Error('a bracket is not closed');
}

/** Where an expression that begins at `start` ends: at the first line end outside of brackets. */
function endOfExpression(shadow: string, start: number): number {
  for (let position = start; position < shadow.length; position += 1) {
    if ('([{'.includes(shadow[position] ?? '')) position = closing(shadow, position) - 1;
    else if (shadow[position] === '\n') return position;
  }
  return shadow.length;
}

function argumentsOf(text: string, shadow: string): Map<string, string> {
  const found = new Map<string, string>();
  let position = 0;
  for (;;) {
    const match = /^[ \t]*(\w+)[ \t]*(=(?!=)|\{)/m.exec(shadow.slice(position));
    if (match === null) return found;
    const start = position + match.index + match[0].length;
    if (match[2] === '{') {
      position = closing(shadow, start - 1);
      continue;
    }
    position = endOfExpression(shadow, start);
    found.set(match[1] ?? '', text.slice(start, position).trim());
  }
}

/** The blocks of one kind in a file, in their order. Reads what `tofu fmt` writes; throws when a bracket is not closed. */
export function readBlocks(source: string, kind: 'variable' | 'output'): HclBlock[] {
  const text = withoutComments(source);
  const shadow = shadowOf(text);
  return [...text.matchAll(new RegExp(`^${kind} "(\\w+)" \\{`, 'gm'))].map((match) => {
    const start = match.index + match[0].length;
    const end = closing(shadow, start - 1) - 1;
    return { label: match[1] ?? '', arguments: argumentsOf(text.slice(start, end), shadow.slice(start, end)) };
  });
}
