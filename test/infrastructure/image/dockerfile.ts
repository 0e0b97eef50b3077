/** One instruction of a Dockerfile, its line continuations joined. */
export interface Instruction {
  name: string;
  /** The text after the name, variables not yet replaced. */
  text: string;
  line: number;
}

/** Reads a Dockerfile: comments and empty lines left out, continued lines joined. Heredocs and parser directives are refused. */
export function parseDockerfile(source: string): Instruction[] {
  const instructions: Instruction[] = [];
  let pending: Instruction | null = null;
  for (const [index, raw] of source.split('\n').entries()) {
    if (/^\s*(#|$)/.test(raw)) {
      if (/^#\s*(syntax|escape|check)\s*=/.test(raw))
        throw new Error(`line ${index + 1}: parser directives are not understood here`);
      continue;
    }
    const isContinued = raw.endsWith('\\');
    const text = (isContinued ? raw.slice(0, -1) : raw).trim();
    if (pending === null) {
      const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
      pending = { name: name.toUpperCase(), text: rest, line: index + 1 };
    } else pending.text += ` ${text}`;
    if (!isContinued) {
      if (pending.text.includes('<<')) throw new Error(`line ${pending.line}: heredocs are not understood here`);
      instructions.push(pending);
      pending = null;
    }
  }
  if (pending !== null) throw new Error('the last line is continued');
  return instructions;
}

/** Replaces `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}` as BuildKit does; unknown names are empty. */
export function substitute(text: string, variables: ReadonlyMap<string, string>): string {
  const pattern = /\$\{(\w+)(?::([-+])((?:[^{}]|\$\{\w+\})*))?\}|\$(\w+)/g;
  return text.replace(pattern, (...groups: (string | undefined)[]) => {
    const [, braced, operator, word = '', bare] = groups;
    const value = variables.get(braced ?? bare ?? '') ?? '';
    if (operator === '-') return value === '' ? substitute(word, variables) : value;
    if (operator === '+') return value === '' ? '' : substitute(word, variables);
    return value;
  });
}

/** Splits at spaces outside double quotes, which are taken away: the words of LABEL, ENV and COPY. */
export function words(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]+|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}

/** The exec form, `["node", "x"]`; the shell form is refused, since it needs a shell in the image and keeps signals from the program. */
export function execForm({ name, text, line }: Instruction): string[] {
  const value: unknown = text.startsWith('[') ? JSON.parse(text) : null;
  if (!Array.isArray(value) || value.some((part) => typeof part !== 'string')) {
    throw new Error(`line ${line}: ${name} must have the exec form`);
  }
  return value as string[];
}
