import { type Parser, Token } from 'streaming-markdown';

const verbatimTokens: ReadonlySet<number> = new Set([
  Token.Code_Block,
  Token.Code_Fence,
  Token.Code_Inline,
  Token.Raw_URL,
  Token.Image,
  Token.Equation_Block,
  Token.Equation_Inline,
]);

/** Whether the parser is, or is about to be, where a backslash would be taken as written: code, formulas, the target of a link. */
function isVerbatim({ pending, token, tokens, len }: Parser): boolean {
  return (
    verbatimTokens.has(token) ||
    verbatimTokens.has(tokens[len] ?? 0) ||
    pending.startsWith('`') ||
    (token === Token.Link && pending.startsWith(']'))
  );
}

function isInsideUnderscores({ tokens, len }: Parser): boolean {
  const open = tokens.subarray(0, len + 1);
  return open.includes(Token.Italic_Und) || open.includes(Token.Strong_Und);
}

/**
 * Whether the parser would take a character for markup that answers mean literally: `$` opens a formula that runs on for pages
 * (`costs $x`), and `_` inside a word is no emphasis (`snake_case_name`; CommonMark 0.31, section 6.2).
 */
export function isLiteral(parser: Parser, character: string, previous: string): boolean {
  if ((character !== '$' && character !== '_') || parser.pending === '\\' || isVerbatim(parser)) return false;
  return character === '$' || (/[\p{L}\p{N}]/u.test(previous) && !isInsideUnderscores(parser));
}
