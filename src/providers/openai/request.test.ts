import { expect, test } from 'vitest';
import { toHealthCheck, toUpstream } from './request.ts';
import { chatRequest, target } from './testing.ts';

const bodyOf = (upstream: { body: string | null }) => JSON.parse(upstream.body!) as Record<string, unknown>;

test('the upstream gets its own name of the model, our key, and every field that it may know', () => {
  const { body } = chatRequest();
  const upstream = toUpstream(chatRequest({ body: { ...body, seed: 1, guided_choice: ['a'] } }), target('vllm'));
  expect(upstream).toMatchObject({ method: 'POST', url: 'http://engine.test/v1/chat/completions' });
  expect(upstream.headers).toMatchObject({ authorization: 'Bearer k1', accept: 'application/json' });
  expect(bodyOf(upstream)).toEqual({ ...body, model: 'smol', seed: 1, guided_choice: ['a'] });
});

test('a stream is always asked for its usage; the client’s other options stay', () => {
  const { body } = chatRequest();
  const request = chatRequest({
    isStreaming: true,
    body: { ...body, stream: true, stream_options: { continuous_usage_stats: true } },
  });
  const upstream = toUpstream(request, target('vllm'));
  expect(upstream.headers['accept']).toBe('text/event-stream');
  expect(bodyOf(upstream)['stream_options']).toEqual({ continuous_usage_stats: true, include_usage: true });
});

test('a plain request carries no stream options, which some engines refuse', () => {
  const { body } = chatRequest();
  const upstream = toUpstream(chatRequest({ body: { ...body, stream_options: { include_usage: true } } }), target('vllm'));
  expect(bodyOf(upstream)).not.toHaveProperty('stream_options');
});

test('headers of the backend win over ours, and a health check carries them too', () => {
  const on = target('openai', { headers: { authorization: 'Basic abc', 'x-team': 'a' } });
  for (const upstream of [toUpstream(chatRequest(), on), toHealthCheck(on)]) {
    expect(upstream.headers).toMatchObject({ authorization: 'Basic abc', 'x-team': 'a' });
  }
});

test('a backend without a key gets no authorization header', () => {
  expect(toHealthCheck(target('ollama', { apiKey: null })).headers).not.toHaveProperty('authorization');
});

test('a backend’s defaults fill in what a request does not say, and nothing else', () => {
  const on = target('openai', { defaults: { temperature: 0.2, max_tokens: 50, model: 'x', stream: true, service_tier: 'flex' } });
  const { body } = chatRequest();
  expect(bodyOf(toUpstream(chatRequest(), on))).toEqual({
    ...body,
    model: 'smol',
    temperature: 0.2,
    max_tokens: 50,
    service_tier: 'flex',
  });
  const own = chatRequest({ body: { ...body, temperature: 0, max_completion_tokens: 9, service_tier: null } });
  expect(bodyOf(toUpstream(own, on))).toEqual({
    ...body,
    model: 'smol',
    temperature: 0,
    max_completion_tokens: 9,
    service_tier: 'flex',
  });
  expect(own.body).not.toHaveProperty('max_tokens');
});

test('defaults go through the quirks of the engine like what the client says', () => {
  const on = target('ollama', { defaults: { max_completion_tokens: 7 } });
  expect(bodyOf(toUpstream(chatRequest(), on))).toMatchObject({ max_tokens: 7 });
});
