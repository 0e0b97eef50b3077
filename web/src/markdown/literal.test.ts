import * as fc from 'fast-check';
import { parser, parser_end, parser_write, type Renderer, Token } from 'streaming-markdown';
import { describe, expect, it } from 'vitest';
import { isLiteral } from './literal.ts';

/** What an answer comes out as: its text, with marks where the parser saw emphasis or a formula. */
function read(text: string): string {
  let out = '';
  const open: string[] = [];
  const marks: Partial<Record<number, string>> = {
    [Token.Italic_Und]: '/',
    [Token.Equation_Inline]: '=',
    [Token.Equation_Block]: '=',
  };
  const renderer: Renderer<undefined> = {
    data: undefined,
    add_token(_, token) {
      open.push(marks[token] ?? '');
      out += open.at(-1)!;
    },
    end_token() {
      out += open.pop() ?? '';
    },
    add_text(_, text) {
      out += text;
    },
    set_attr() {},
  };
  const state = parser(renderer);
  let previous = '';
  for (const character of text) {
    parser_write(state, isLiteral(state, character, previous) ? `\\${character}` : character);
    previous = character;
  }
  parser_end(state);
  return out;
}

describe('characters that answers mean literally', () => {
  it.each([
    'set $HOME and $PATH',
    'costs $x a month',
    '$ at the start',
    'a snake_case_name here',
    'price_in_$ and more',
    'été_vert_olive',
  ])('leaves %j as it is', (text) => {
    expect(read(text)).toBe(text);
  });

  it('does not touch code', () => {
    expect(read('`a_b_c $HOME`')).toBe('a_b_c $HOME');
    expect(read('```sh\necho $HOME a_b_c\n$X\n```\n')).toBe('echo $HOME a_b_c\n$X');
  });

  it('takes what is escaped already as escaped once', () => {
    expect(read('\\$5 and a\\_b')).toBe('$5 and a_b');
  });

  it('keeps emphasis by underscores', () => {
    expect(read('an _important_ word')).toBe('an /important/ word');
  });

  it('reads formulas in brackets', () => {
    expect(read('so \\(x^2\\) grows')).toBe('so =x^2= grows');
  });

  it('loses no dollar of plain words', () => {
    const words = fc.array(fc.stringMatching(/^[a-z$_]{1,8}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(words, (list) => {
        const text = list.join(' ');
        expect(read(text).replaceAll(/[^$]/g, '')).toBe(text.replaceAll(/[^$]/g, ''));
      }),
    );
  });
});
