/** Quoted texts longer than this may be a piece of a prompt. */
const longestQuote = 40;

/**
 * Why an error happened, for the log: the message of its cause without what may be a prompt or an answer. Parsers quote the text that they fail
 * on, and engines the request that they refuse.
 */
export function describeCause({ cause, message }: Error): string {
  if (cause === undefined) return message;
  if (cause instanceof SyntaxError) return 'no valid JSON';
  return withoutQuotes(cause instanceof Error ? cause.message : String(cause));
}

/** Where a defect happened: the lines of the stack, without the message above them. */
export function stackOf({ cause, stack }: Error): string {
  const text = (cause instanceof Error ? cause.stack : stack) ?? '';
  return text
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

function withoutQuotes(text: string): string {
  // Pydantic, and with it vLLM, ends a complaint with the whole input.
  const withoutInput = text.replace(/(["'])input\1\s*:.*$/s, "'input': …");
  return withoutInput.replace(/(["'`])(?:(?!\1)[^\\]|\\.)*\1/gs, (quote) =>
    quote.length > longestQuote ? `"… ${quote.length - 2} characters"` : quote,
  );
}
