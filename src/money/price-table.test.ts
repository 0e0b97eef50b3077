import { calcPrice, findProvider } from '@pydantic/genai-prices';
import { describe, expect, test } from 'vitest';
import { rowsOf } from '../../scripts/refresh-token-prices.ts';
import { findPrice, priceListOf } from './price-table.ts';
import table from './price-table.json' with { type: 'json' };

/** When the table was made: prices of the source may depend on the date. At six in the evening no hourly price of it is in force. */
const madeAt = new Date(`${table.source.date}T18:00:00Z`);

/** What the source says a million tokens cost, in nano-dollars. Its prices in tiers begin beyond the lengths asked here. */
function sourcePrice(providerId: string, model: string) {
  const cost = (usage: Record<string, number>) => calcPrice(usage, model, { providerId, timestamp: madeAt });
  const input = cost({ input_tokens: 1000 });
  const output = cost({ output_tokens: 1000 });
  return input === null || output === null
    ? null
    : { input: Math.round(input.total_price * 1e12), output: Math.round(output.total_price * 1e12) };
}

describe('the shipped prices', () => {
  test.each([
    ['openai', 'gpt-4o'],
    ['openai', 'gpt-4o-mini-2024-07-18'],
    ['openai', 'gpt-4o-20240806'],
    ['openai', 'GPT-4o-mini'],
    ['openai', 'o3'],
    ['openai', 'gpt-5.6-luna-2026-08-01'],
    ['openai', 'text-embedding-3-small'],
    ['anthropic', 'claude-sonnet-4-5'],
    ['anthropic', 'claude-3-5-haiku-20241022'],
    ['anthropic', 'claude-opus-5-20260101'],
    ['google', 'gemini-2.5-pro'],
    ['google', 'gemini-2.5-flash-lite-preview-09-2025'],
    ['mistral', 'mistral-large-latest'],
    ['mistral', 'codestral-latest'],
    ['groq', 'llama-3.3-70b-versatile'],
    ['together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo'],
    ['x-ai', 'grok-4.3-20260101'],
    ['aws', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['aws', 'anthropic.claude-3-haiku-20240307-v1:0'],
    ['openrouter', 'openai/gpt-4o-mini'],
  ])('%s %s costs what the source says', (provider, model) => {
    const expected = sourcePrice(provider, model);
    expect(expected).not.toBeNull();
    const found = findPrice(provider, model);
    expect({ input: found?.inputNanoUsd, output: found?.outputNanoUsd }).toEqual(expected);
  });

  test('every row of the table is what the source gives on the day that the table names', () => {
    for (const [id, rows] of Object.entries(table.providers)) {
      expect(
        JSON.parse(JSON.stringify(rowsOf(findProvider({ providerId: id })!.models, new Date(table.source.date)))),
        id,
      ).toEqual(rows);
    }
  });

  test('gpt-4o-mini is 0.15 and 0.60 USD for a million tokens, 0.075 where cached', () => {
    expect(findPrice('openai', 'gpt-4o-mini')).toEqual({
      inputNanoUsd: 150_000_000,
      outputNanoUsd: 600_000_000,
      cachedInputNanoUsd: 75_000_000,
      requestNanoUsd: 0,
    });
  });

  test('LiteLLM’s prefixes name the same lists', () => {
    expect(findPrice('bedrock', 'anthropic.claude-3-haiku-20240307-v1:0')).toEqual(
      findPrice('aws', 'anthropic.claude-3-haiku-20240307-v1:0'),
    );
    expect(findPrice('xai', 'grok-4.3')).toEqual(findPrice('x-ai', 'grok-4.3'));
  });

  test('there is none for servers of one’s own, unknown models, and what is not sold by tokens', () => {
    const none = [
      ['vllm', 'gpt-4o'],
      ['openai', 'phi-3-mini'],
      ['openai', ''],
      ['constructor', 'gpt-4o'],
      ['mistral', 'mistral-ocr-latest'],
    ] as const;
    expect(none.map(([provider, model]) => findPrice(provider, model))).toEqual(none.map(() => null));
  });

  test('an address tells the seller; any other server has no list', () => {
    expect(priceListOf('https://api.groq.com/openai/v1')).toBe('groq');
    expect(priceListOf('http://10.0.0.7:8000/v1')).toBeNull();
    expect(priceListOf('https://api.openai.com.example.org/v1')).toBeNull();
    expect(priceListOf('https://constructor/v1')).toBeNull();
    expect(priceListOf('')).toBeNull();
  });
});
