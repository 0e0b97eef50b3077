import type { LlamaModel, Token } from 'node-llama-cpp';
import type { TokenLogprobs } from './generation.ts';
import type { ScoredToken } from './sampling.ts';

/** Log probabilities in the forms of OpenAI's wire. */
export interface LogprobsWriter {
  chat: (logprobs: readonly TokenLogprobs[]) => { content: unknown[]; refusal: null };
  completion: (logprobs: readonly TokenLogprobs[]) => unknown;
}

export function createLogprobsWriter(model: LlamaModel): LogprobsWriter {
  // With a token before it, a word keeps the space in front of it.
  const textOf = (token: Token): string => model.detokenize([token], true, before);
  const before = model.tokenize('a', false);
  const describe = ({ token, logprob }: ScoredToken): { token: string; logprob: number; bytes: number[] | null } => {
    const text = textOf(token);
    // A part of a character has no text of its own.
    return { token: text, logprob, bytes: text.includes('\uFFFD') ? null : [...Buffer.from(text)] };
  };
  return {
    chat: (logprobs) => ({
      content: logprobs.map(({ top, ...scored }) => ({ ...describe(scored), top_logprobs: top.map(describe) })),
      refusal: null,
    }),
    completion: (logprobs) => ({
      tokens: logprobs.map(({ token }) => textOf(token)),
      token_logprobs: logprobs.map(({ logprob }) => logprob),
      top_logprobs: logprobs.map(({ top }) => Object.fromEntries(top.map(({ token, logprob }) => [textOf(token), logprob]))),
      text_offset: logprobs.map(({ textOffset }) => textOffset),
    }),
  };
}
