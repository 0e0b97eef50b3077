import { Token } from 'streaming-markdown';
import { copyText } from '../clipboard.ts';

/** Elements that need nothing but their name. Nothing here can run, load or navigate. */
const tagNames: Partial<Record<number, string>> = {
  [Token.Blockquote]: 'blockquote',
  [Token.Paragraph]: 'p',
  [Token.Line_Break]: 'br',
  [Token.Rule]: 'hr',
  // The page has headings of its own above these.
  [Token.Heading_1]: 'h3',
  [Token.Heading_2]: 'h4',
  [Token.Heading_3]: 'h5',
  [Token.Heading_4]: 'h6',
  [Token.Heading_5]: 'h6',
  [Token.Heading_6]: 'h6',
  [Token.Italic_Ast]: 'em',
  [Token.Italic_Und]: 'em',
  [Token.Strong_Ast]: 'strong',
  [Token.Strong_Und]: 'strong',
  [Token.Strike]: 's',
  [Token.Code_Inline]: 'code',
  [Token.Raw_URL]: 'a',
  [Token.Link]: 'a',
  // A picture would be fetched from a host that the model names. A link leaves that to the reader.
  [Token.Image]: 'a',
  [Token.List_Unordered]: 'ul',
  [Token.List_Ordered]: 'ol',
  [Token.List_Item]: 'li',
  [Token.Equation_Block]: 'code',
  [Token.Equation_Inline]: 'code',
};

function create(tagName: string, className?: string): HTMLElement {
  const element = document.createElement(tagName);
  if (className) element.className = className;
  return element;
}

function createCodeBlock(parent: Element): Element {
  const head = create('div', 'code-head');
  head.append(create('span', 'code-language'), createCopyButton());
  const pre = create('pre');
  // What scrolls has to be reachable by keyboard.
  pre.tabIndex = 0;
  const code = pre.appendChild(create('code'));
  const block = create('div', 'code-block');
  block.append(head, pre);
  parent.append(block);
  return code;
}

function createCopyButton(): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'code-copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', 'Copy code');
  button.addEventListener('click', () => {
    const code = button.closest('.code-block')?.querySelector('code')?.textContent ?? '';
    void copyText(code).then((isCopied) => {
      button.textContent = isCopied ? 'Copied' : 'Failed';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1_500);
    });
  });
  return button;
}

function createRow(table: Element): Element {
  const section = table.children.length === 0 ? 'thead' : 'tbody';
  const parent = (section === 'tbody' && table.querySelector('tbody')) || table.appendChild(create(section));
  return parent.appendChild(create('tr'));
}

/** Makes the element of a token inside its parent and returns where the token's content goes. */
export function createElement(parent: Element, token: number): Element {
  switch (token) {
    case Token.Code_Block:
    case Token.Code_Fence:
      return createCodeBlock(parent);
    case Token.Table: {
      const scroller = create('div', 'table-scroll');
      scroller.tabIndex = 0;
      parent.append(scroller);
      return scroller.appendChild(create('table'));
    }
    case Token.Table_Row:
      return createRow(parent);
    case Token.Table_Cell:
      return parent.appendChild(create(parent.parentElement?.tagName === 'THEAD' ? 'th' : 'td'));
    case Token.Checkbox: {
      const box = document.createElement('input');
      box.type = 'checkbox';
      box.disabled = true;
      return parent.appendChild(box);
    }
    default:
      return parent.appendChild(create(tagNames[token] ?? 'span'));
  }
}
