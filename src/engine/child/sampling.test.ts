import type { Token } from 'node-llama-cpp';
import { describe, expect, it } from 'vitest';
import { chooseToken, createRandom, toLogprob, topTokens, type Sampling } from './sampling.ts';

const token = (id: number): Token => id as Token;
const probabilities = new Map([
  [token(7), 0.6],
  [token(3), 0.3],
  [token(5), 0.1],
]);
const plain: Sampling = { temperature: 1, topP: 1, seed: 0, frequencyPenalty: 0, presencePenalty: 0, logitBias: new Map() };

/** Shares of the tokens among many draws. */
function draw(sampling: Partial<Sampling>, history = new Map<Token, number>()): Record<number, number> {
  const random = createRandom(1);
  const counts: Record<number, number> = {};
  for (let index = 0; index < 20_000; index++) {
    const chosen = Number(chooseToken(probabilities, { ...plain, ...sampling }, history, random));
    counts[chosen] = (counts[chosen] ?? 0) + 1 / 20_000;
  }
  return counts;
}

describe('chooseToken', () => {
  it('draws as likely as the model says', () => {
    const shares = draw({});
    expect(shares[7]).toBeCloseTo(0.6, 1);
    expect(shares[3]).toBeCloseTo(0.3, 1);
  });

  it('takes the likeliest at temperature 0', () => {
    expect(draw({ temperature: 0 })).toEqual({ 7: expect.closeTo(1) as number });
  });

  it('flattens with temperature', () => {
    expect(draw({ temperature: 2 })[7]).toBeCloseTo(Math.sqrt(0.6) / (Math.sqrt(0.6) + Math.sqrt(0.3) + Math.sqrt(0.1)), 1);
  });

  it('keeps the fewest tokens that have top_p together', () => {
    expect(Object.keys(draw({ topP: 0.6 }))).toEqual(['7']);
    expect(Object.keys(draw({ topP: 0.61 }))).toEqual(['3', '7']);
    expect(Object.keys(draw({ topP: 0 }))).toEqual(['7']);
  });

  it('adds bias and takes penalties off', () => {
    expect(draw({ temperature: 0, logitBias: new Map([[token(5), 100]]) })).toEqual({ 5: expect.closeTo(1) as number });
    expect(Object.keys(draw({ logitBias: new Map([[token(7), -100]]) }))).toEqual(['3', '5']);
    const history = new Map([[token(7), 2]]);
    expect(draw({ temperature: 0, presencePenalty: 1 }, history)).toEqual({ 3: expect.closeTo(1) as number });
    expect(draw({ temperature: 0, frequencyPenalty: 0.3 }, history)).toEqual({ 7: expect.closeTo(1) as number });
    expect(draw({ temperature: 0, frequencyPenalty: 0.4 }, history)).toEqual({ 3: expect.closeTo(1) as number });
  });
});

describe('log probabilities', () => {
  it('are natural logarithms, never less than the wire can carry', () => {
    expect(topTokens(probabilities, 2)).toEqual([
      { token: 7, logprob: Math.log(0.6) },
      { token: 3, logprob: Math.log(0.3) },
    ]);
    expect(toLogprob(0)).toBe(-9999);
  });
});
