import { Attr, type Parser, parser, parser_end, parser_write, type Renderer, Token } from 'streaming-markdown';
import { createElement } from './elements.ts';
import { isLiteral } from './literal.ts';
import { toSafeUrl } from './safe-url.ts';

/** Writes Markdown into an element as it arrives. */
export interface MarkdownWriter {
  /** Takes the next piece, cut anywhere. */
  write(text: string): void;
  /** Writes what was held back because more could have followed. */
  end(): void;
}

function setLink(link: Element, text: string): void {
  const url = toSafeUrl(text);
  if (url === undefined) return;
  link.setAttribute('href', url);
  link.setAttribute('target', '_blank');
  link.setAttribute('rel', 'noopener noreferrer nofollow');
}

function setAttribute(element: Element, attribute: number, value: string): void {
  switch (attribute) {
    case Attr.Href:
    case Attr.Src:
      setLink(element, value);
      return;
    case Attr.Lang: {
      const label = element.closest('.code-block')?.querySelector('.code-language');
      if (label) label.textContent = value;
      return;
    }
    case Attr.Start:
      if (/^\d{1,9}$/.test(value)) element.setAttribute('start', value);
      return;
    case Attr.Checked:
      element.setAttribute('checked', '');
  }
}

/**
 * A renderer that makes elements from a fixed list, writes text as text nodes and sets no attribute but the few above: whatever a
 * model writes can neither run nor load anything.
 */
function createRenderer(root: Element, isClosedBracket: () => boolean): Renderer<undefined> {
  const open: { element: Element; token: number }[] = [{ element: root, token: Token.Document }];
  const targeted = new WeakSet<Element>();
  const top = (): Element => open.at(-1)?.element ?? root;

  return {
    data: undefined,
    add_token(_, token) {
      if (token !== Token.Document) open.push({ element: createElement(top(), token), token });
    },
    end_token() {
      if (open.length === 1) return;
      const ended = open.pop();
      if (!ended || (ended.token !== Token.Link && ended.token !== Token.Image) || targeted.has(ended.element)) return;
      // The parser takes every `[` for a link. No target followed, so the brackets were text: `array[0]`.
      const opening = ended.token === Token.Image ? '![' : '[';
      ended.element.replaceWith(opening, ...ended.element.childNodes, isClosedBracket() ? ']' : '');
    },
    add_text(_, text) {
      top().append(text);
    },
    set_attr(_, attribute, value) {
      targeted.add(top());
      setAttribute(top(), attribute, value);
    },
  };
}

/** Makes a writer into an empty element. */
export function createMarkdownWriter(root: Element): MarkdownWriter {
  const state: Parser = parser(createRenderer(root, () => state.pending === ']'));
  let previous = '';
  return {
    write(text) {
      for (const character of text) {
        parser_write(state, isLiteral(state, character, previous) ? `\\${character}` : character);
        previous = character;
      }
    },
    end: () => parser_end(state),
  };
}
