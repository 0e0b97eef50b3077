import { GatewayError } from '../errors.ts';

/** A value of a `.tfvars` file: a literal, a list or a map of them. */
export type TfvarsValue = string | number | boolean | null | readonly TfvarsValue[] | { readonly [name: string]: TfvarsValue };

/** Names and values of a `.tfvars` file. */
export type Tfvars = Readonly<Record<string, TfvarsValue>>;

interface Token {
  text: string;
  line: number;
}

/** Spaces and comments, line ends, texts, heredocs, words and numbers, signs, and any other character. */
const pattern =
  /[ \t\r]+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\n|"(?:[^"\\\n]|\\.)*"|<<-?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_][\w-]*|[\s\S]/g;

/**
 * Reads a `.tfvars` file of the plain kind: `name = value`, where a value is a text, a number, true, false, null, a list or a map.
 * Expressions, templates and heredocs are refused with their line, as is a name that stands twice.
 */
export function parseTfvars(text: string, path: string): Tfvars {
  return new Reader(text, path).readFile();
}

class Reader {
  readonly #tokens: Token[] = [];
  readonly #path: string;
  #next = 0;

  constructor(text: string, path: string) {
    this.#path = path;
    let line = 1;
    for (const [match] of text.matchAll(pattern)) {
      if (!/^([ \t\r]|#|\/\/|\/\*)/.test(match)) this.#tokens.push({ text: match, line });
      line += match.split('\n').length - 1;
    }
  }

  readFile(): Tfvars {
    return this.#readEntries(undefined);
  }

  /** Entries up to the closing sign, or to the end of the file. */
  #readEntries(end: string | undefined): Record<string, TfvarsValue> {
    const entries = new Map<string, TfvarsValue>();
    for (this.#skipLines(); this.#peek().text !== (end ?? ''); this.#skipSeparators()) {
      const name = this.#take();
      const isName = /^[A-Za-z_]/.test(name.text) || (end !== undefined && name.text.startsWith('"'));
      if (!isName) throw this.#refuse(name, 'a name was expected');
      const key = name.text.startsWith('"') ? this.#unquote(name) : name.text;
      if (entries.has(key)) throw this.#refuse(name, 'it stands there twice');
      const sign = this.#take();
      if (sign.text !== '=' && !(sign.text === ':' && end !== undefined)) throw this.#refuse(sign, '"=" was expected');
      this.#skipLines();
      entries.set(key, this.#readValue());
      const after = this.#peek();
      if (!['\n', ',', end ?? ''].includes(after.text))
        throw this.#refuse(after, 'the line was expected to end; expressions are not read');
    }
    this.#take();
    return Object.fromEntries(entries);
  }

  #readValue(): TfvarsValue {
    const token = this.#take();
    const { text } = token;
    if (text === '{') return this.#readEntries('}');
    if (text === '[') return this.#readList();
    if (text.startsWith('"') && text.length > 1) return this.#unquote(token);
    if (text === 'true' || text === 'false') return text === 'true';
    if (text === 'null') return null;
    if (/^-?\d/.test(text)) return Number(text);
    throw this.#refuse(token, 'a plain text, number, true, false, list or map was expected');
  }

  #readList(): TfvarsValue[] {
    const values: TfvarsValue[] = [];
    for (this.#skipLines(); this.#peek().text !== ']'; this.#skipSeparators()) {
      values.push(this.#readValue());
      this.#skipLines();
      const after = this.#peek();
      if (after.text !== ',' && after.text !== ']') throw this.#refuse(after, '"," or "]" was expected');
    }
    this.#take();
    return values;
  }

  #unquote(token: Token): string {
    const inner = token.text.slice(1, -1);
    if (/(?<!\$)\$\{|(?<!%)%\{/.test(inner)) throw this.#refuse(token, 'templates are not read');
    try {
      return (JSON.parse(`"${inner}"`) as string).replaceAll('$${', '${').replaceAll('%%{', '%{');
    } catch {
      throw this.#refuse(token, 'its escapes are not understood');
    }
  }

  #skipLines(): void {
    while (this.#peek().text === '\n') this.#next++;
  }

  #skipSeparators(): void {
    while (['\n', ','].includes(this.#peek().text)) this.#next++;
  }

  /** The end of the file is a token without text. */
  #peek(): Token {
    return this.#tokens[this.#next] ?? { text: '', line: this.#tokens.at(-1)?.line ?? 1 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #refuse(token: Token, reason: string): GatewayError {
    const shown = token.text === '' ? 'the end of the file' : token.text === '\n' ? 'the end of the line' : token.text;
    return new GatewayError('bad_request', `${this.#path}, line ${token.line}: ${reason}, and there is ${shown}`);
  }
}
