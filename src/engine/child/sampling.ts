import type { Token } from 'node-llama-cpp';

/** How the next token is chosen. All fields are set: defaults are the wire's matter. */
export interface Sampling {
  /** 0 takes the most likely token. */
  temperature: number;
  topP: number;
  /** Unsigned 32 bits. */
  seed: number;
  frequencyPenalty: number;
  presencePenalty: number;
  /** Added to the logits; empty where nothing is biased. */
  logitBias: ReadonlyMap<Token, number>;
}

/** One token with the logarithm of its probability as the model gave it, before temperature, penalties and bias. */
export interface ScoredToken {
  token: Token;
  logprob: number;
}

/** The least log probability on the wire, as OpenAI has it: JSON knows no infinity. */
const leastLogprob = -9999;

export function toLogprob(probability: number): number {
  return probability > 0 ? Math.max(leastLogprob, Math.log(probability)) : leastLogprob;
}

/** The most likely tokens of a distribution that is sorted from likely to unlikely. */
export function topTokens(probabilities: ReadonlyMap<Token, number>, count: number): ScoredToken[] {
  const top: ScoredToken[] = [];
  for (const [token, probability] of probabilities) {
    if (top.length >= count) break;
    top.push({ token, logprob: toLogprob(probability) });
  }
  return top;
}

/** A generator of numbers in [0, 1) from a 32-bit seed (splitmix32), so that a seed gives the same text again. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/**
 * Chooses the next token from the model's own distribution. Used where the library's sampler will not do: it reports probabilities after
 * temperature and top_p, which is not what `logprobs` means, and knows no bias on end tokens. Applies bias and penalties, then top_p,
 * then temperature, in llama.cpp's order.
 * @param probabilities sorted from likely to unlikely
 * @param history how often each token was generated before
 */
export function chooseToken(
  probabilities: ReadonlyMap<Token, number>,
  sampling: Sampling,
  history: ReadonlyMap<Token, number>,
  random: () => number,
): Token | undefined {
  const candidates = adjust(probabilities, sampling, history);
  const best = candidates[0];
  if (best === undefined || sampling.temperature === 0) return best?.token;
  const kept = keepTop(candidates, sampling.topP);
  const weights = kept.map(({ logprob }) => Math.exp((logprob - best.logprob) / sampling.temperature));
  let rest = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return kept[index]?.token;
  }
  return best.token;
}

function adjust(
  probabilities: ReadonlyMap<Token, number>,
  sampling: Sampling,
  history: ReadonlyMap<Token, number>,
): ScoredToken[] {
  const { logitBias, frequencyPenalty, presencePenalty } = sampling;
  const hasPenalty = frequencyPenalty !== 0 || presencePenalty !== 0;
  const candidates: ScoredToken[] = [];
  for (const [token, probability] of probabilities) {
    const count = hasPenalty ? (history.get(token) ?? 0) : 0;
    const penalty = count > 0 ? count * frequencyPenalty + presencePenalty : 0;
    candidates.push({ token, logprob: toLogprob(probability) + (logitBias.get(token) ?? 0) - penalty });
  }
  return logitBias.size > 0 || hasPenalty ? candidates.sort((one, other) => other.logprob - one.logprob) : candidates;
}

/** The fewest likely tokens that have `topP` of the probability together. */
function keepTop(candidates: readonly ScoredToken[], topP: number): readonly ScoredToken[] {
  if (topP >= 1) return candidates;
  const best = candidates[0]?.logprob ?? 0;
  const weights = candidates.map(({ logprob }) => Math.exp(logprob - best));
  const wanted = topP * weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const count = weights.findIndex((weight) => (sum += weight) >= wanted);
  return candidates.slice(0, Math.max(1, count + 1));
}
