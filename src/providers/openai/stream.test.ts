import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProviderName } from '../index.ts';
import { decode, events, fixture, target, type Decoded } from './testing.ts';

const recordings: [ProviderName, string][] = [
  ['vllm', 'vllm-stream.sse'],
  ['vllm', 'vllm-stream-n2.sse'],
  ['vllm', 'vllm-stream-tool.sse'],
  ['vllm', 'vllm-stream-continuous-usage.sse'],
  ['ollama', 'ollama-stream.sse'],
  ['ollama', 'ollama-stream-completion.sse'],
  ['llamacpp', 'llama-cpp-python-stream.sse'],
  ['llamacpp', 'llama-cpp-python-stream-tool.sse'],
];

const text = (output: string): string =>
  events(output)
    .flatMap((event) => event['choices'] as { delta: { content?: string } }[])
    .map(({ delta }) => delta.content ?? '')
    .join('');

function whole(recording: string, provider: ProviderName, options: { wantsUsageEvent?: boolean } = {}): Decoded {
  return decode([Buffer.from(recording)], target(provider), options);
}

describe.each(recordings)('a recorded stream of %s (%s)', (provider, name) => {
  const recording = fixture(name);

  test.each([false, true])('reads the same in whatever pieces it comes (usage asked: %s)', (wantsUsageEvent) => {
    const bytes = Buffer.from(recording);
    const expected = whole(recording, provider, { wantsUsageEvent });
    expect(expected.facts).toMatchObject({ isDone: true, failure: null });
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, (places) => {
        const borders = [0, ...places.toSorted((a, b) => a - b), bytes.length];
        const pieces = borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
        expect(decode(pieces, target(provider), { wantsUsageEvent })).toEqual(expected);
      }),
    );
  });

  test('reads the same byte by byte, and with CR LF line ends', () => {
    const expected = whole(recording, provider);
    const bytes = [...Buffer.from(recording)].map((byte) => Buffer.from([byte]));
    expect(decode(bytes, target(provider))).toEqual(expected);
    const crlf = [...Buffer.from(recording.replaceAll('\n', '\r\n'))].map((byte) => Buffer.from([byte]));
    expect(decode(crlf, target(provider))).toEqual(expected);
  });

  test('names our model, and ends with [DONE]', () => {
    const { output } = whole(recording, provider);
    expect(new Set(events(output).map((event) => event['model']))).toEqual(new Set(['tiny']));
    expect(output.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  });

  test('says nothing of usage to a client that did not ask', () => {
    expect(events(whole(recording, provider).output).filter((event) => 'usage' in event)).toEqual([]);
  });

  test('ends with one usage event for a client that asked; all before it say null', () => {
    const [last, ...before] = events(whole(recording, provider, { wantsUsageEvent: true }).output).toReversed();
    expect(last).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    // Continuous figures are vLLM's own extension, which the client asked for.
    if (!name.includes('continuous')) expect(before.filter((event) => event['usage'] !== null)).toEqual([]);
  });
});

test('text comes through as it was, and its tokens are counted', () => {
  const { output, facts } = whole(fixture('vllm-stream.sse'), 'vllm');
  expect(text(output)).toBe('The river that I mentioned earlier');
  expect(facts).toMatchObject({ finishReason: 'length', usage: { promptTokens: 34, completionTokens: 6, isEstimated: false } });
});

test.each(['ollama-stream.sse', 'ollama-stream-completion.sse'])(
  'Ollama’s choices get the logprobs that they lack (%s)',
  (name) => {
    const { output } = whole(fixture(name), 'ollama');
    const choices = events(output).flatMap((event) => event['choices'] as { logprobs?: unknown }[]);
    expect(choices.map(({ logprobs }) => logprobs)).toEqual(choices.map(() => null));
  },
);

test.each([
  ['ollama', 'ollama-stream.sse'],
  ['llamacpp', 'llama-cpp-python-stream-tool.sse'],
] as const)('%s says the role once (%s)', (provider, name) => {
  const deltas = events(whole(fixture(name), provider).output).flatMap((event) => event['choices'] as { delta: object }[]);
  expect(deltas.filter(({ delta }) => 'role' in delta)).toHaveLength(1);
});

test('llama-cpp-python says id and name of a function call once, in one form; what is added up is one call', () => {
  const { output } = whole(fixture('llama-cpp-python-stream-tool.sse'), 'llamacpp');
  const deltas = events(output).flatMap((event) => event['choices'] as { delta: Record<string, unknown> }[]);
  const calls = deltas.flatMap(({ delta }) => (delta['tool_calls'] ?? []) as { id?: string; function: Record<string, string> }[]);
  expect(calls.map(({ id }) => id ?? '').join('')).toMatch(/^call__0_get_weather_cmpl-[0-9a-f-]{36}$/);
  expect(calls.map((call) => call.function['name'] ?? '').join('')).toBe('get_weather');
  expect(JSON.parse(calls.map((call) => call.function['arguments']).join(''))).toEqual({ city: 'The' });
  expect(output).not.toMatch(/function_call|"tool_calls":null/);
});

test('where the model is called as we call it and nothing is wrong, events pass as bytes', () => {
  const recording = fixture('vllm-stream-n2.sse');
  const same = target('openai', { responseModel: 'smol' });
  expect(decode([Buffer.from(recording)], same).output).toBe(recording);
});

test("Ollama's ids, which repeat themselves, become ours", () => {
  const { output } = whole(fixture('ollama-stream.sse'), 'ollama');
  expect(new Set(events(output).map((event) => event['id']))).toEqual(new Set(['chatcmpl-ours']));
});

test('an engine that counts nothing gets its pieces counted: without the opening of the message and its end', () => {
  const { output, facts } = whole(fixture('llama-cpp-python-stream.sse'), 'llamacpp', { wantsUsageEvent: true });
  expect(text(output)).toBe('The river that I mentioned earlier');
  expect(facts.usage).toMatchObject({ promptTokens: 4, completionTokens: 6, isEstimated: true });
  expect(events(output).at(-1)).toMatchObject({ usage: { prompt_tokens: 4, completion_tokens: 6, total_tokens: 10 } });
});

test('the abort with which vLLM dies politely is a failure, not an end', () => {
  const start = fixture('vllm-stream.sse').split('\n\n').slice(0, 3).join('\n\n');
  const { output, facts } = whole(`${start}\n\n${fixture('vllm-stream-sigterm.sse')}`, 'vllm');
  expect(text(output)).toBe('The river');
  expect(facts).toMatchObject({ isDone: false, failure: { code: 'service_unavailable' } });
  expect(output).not.toContain('[DONE]');
  expect(output).not.toContain('abort');
});

test('a prompt that Ollama cut shows at the end of the stream, and is an error', () => {
  const on = target('ollama', { contextTokens: 13 });
  const { output, facts } = decode([Buffer.from(fixture('ollama-stream.sse'))], on);
  expect(facts.failure).toMatchObject({ code: 'context_length_exceeded', param: 'messages' });
  expect(output).not.toContain('[DONE]');
});

describe('what is no stream', () => {
  const start =
    'data: {"id":"a","object":"chat.completion.chunk","model":"tiny","choices":[{"index":0,"delta":{"content":"A"}}]}\n\n';
  const failureOf = (rest: string, provider: ProviderName = 'openai') => whole(start + rest, provider).facts.failure;

  test.each([
    ['no JSON', 'data: oops [DONE] "error"\n\n'],
    ['JSON that is cut', 'data: {"choices":[{"delta":{"usage"\n\n'],
    ['no object', 'data: ["usage"]\n\n'],
    ['a bare error', 'data: {"error":"it broke"}\n\n'],
    ['an error object', 'data: {"error":{"message":"CUDA out of memory","code":500}}\n\n'],
  ])('%s is a bad_gateway that does not show it', (_name, rest) => {
    const failure = failureOf(rest);
    expect(failure).toMatchObject({ code: 'bad_gateway' });
    expect(failure!.message).not.toMatch(/oops|broke|CUDA|usage/);
  });

  test('an error event tells by its code what it is', () => {
    expect(failureOf('data: {"error":{"message":"slow down","code":429}}\n\n')).toMatchObject({ code: 'rate_limit_exceeded' });
    const words = 'data: {"error":{"message":"the maximum context length is 512 tokens","code":400}}\n\n';
    expect(failureOf(words)).toMatchObject({ code: 'context_length_exceeded' });
  });

  test('garbage in an event that only passes is the client’s to see, never ours to fall over', () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), fc.boolean(), (pieces, wantsUsageEvent) => {
        decode([Buffer.from(start), ...pieces], target('ollama'), { wantsUsageEvent });
        decode([Buffer.from(start), ...pieces], target('openai'), { wantsUsageEvent });
      }),
    );
  });

  test('an event that does not end is given up at 16 MiB', () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const { facts } = decode([Buffer.from('data: '), ...Array<Buffer>(300).fill(piece)], target('openai'));
    expect(facts.failure).toMatchObject({ code: 'bad_gateway', message: expect.stringContaining('too large') });
  });

  test('what comes after [DONE] is dropped', () => {
    const { output } = whole(`${fixture('vllm-stream.sse')}data: {"choices":[]}\n\n`, 'vllm');
    expect(output.split('[DONE]')[1]).toBe('\n\n');
  });

  test('a last event without its empty line still counts', () => {
    const { facts } = whole(fixture('vllm-stream.sse').trimEnd(), 'vllm');
    expect(facts.isDone).toBe(true);
  });
});

test.each([
  ['eos', 'stop'],
  ['max_tokens', 'length'],
  ['tool_use', 'tool_calls'],
  ['something_new', 'stop'],
])('the finish reason %s becomes %s', (theirs, ours) => {
  const chunk = { model: 'tiny', choices: [{ index: 0, delta: {}, finish_reason: theirs }] };
  const { output, facts } = whole(`data: ${JSON.stringify(chunk)}\n\n`, 'llamacpp');
  expect(events(output)).toMatchObject([{ choices: [{ finish_reason: ours }] }]);
  expect(facts.finishReason).toBe(ours);
});
