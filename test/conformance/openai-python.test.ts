import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { overBackends } from './support/suite.ts';
import { venvPython } from './support/venv.ts';

interface Chat {
  text: string;
  [fact: string]: unknown;
}

/** What the script prints; the optional facts are there for backends with that ability. */
interface Seen {
  chat: Chat;
  stream: { text: string; completion_tokens: number };
  completion: { text: string; streamed: string };
  [fact: string]: unknown;
}

const script = fileURLToPath(new URL('python/openai_client.py', import.meta.url));

overBackends(({ backend: { can }, baseUrl }) => {
  let seen: Seen;

  beforeAll(async () => {
    const abilities = Object.entries(can).flatMap(([name, value]) => (value === true ? [name] : []));
    const { stdout } = await promisify(execFile)(venvPython('openai'), [script, baseUrl(), ...abilities]);
    seen = JSON.parse(stdout) as Seen;
  });

  test('chat, plain and streamed', () => {
    expect(seen.chat).toMatchObject({ role: 'assistant', model: 'tiny', request_id: expect.stringMatching(/^req_/) });
    if (can.answer !== null) expect(seen.chat).toMatchObject({ text: can.answer, finish_reason: 'stop' });
    expect(seen.stream.text).toBe(seen.chat.text);
    expect(seen.stream.completion_tokens).toBeGreaterThan(3);
    expect(seen['stream_helper']).toBe(seen.chat.text);
    expect(seen['stream_left_early']).toBe('left');
    expect(seen['side_by_side']).toEqual(Array(4).fill(seen.chat.text));
  });

  test('models and completions', () => {
    expect(seen['models']).toEqual(expect.arrayContaining(['tiny', 'phi-3-mini']));
    expect(seen['model']).toBe('phi-3-mini');
    expect(seen.completion.text).not.toBe('');
    expect(seen.completion.streamed).toBe(seen.completion.text);
  });

  test('JSON schema, functions, embeddings, logprobs and n', () => {
    expect(seen['parse']).toEqual({ name: expect.any(String), kilometres: expect.any(Number) });
    if (can.namedTool) expect(seen['tool_call']).toMatchObject({ name: 'get_weather', arguments: expect.any(String) });
    if (can.embeddings) {
      expect(seen['embeddings']).toMatchObject({ rows: 2 });
      expect((seen['embeddings'] as { greatest_difference: number }).greatest_difference).toBeLessThan(1e-6);
    }
    if (can.logprobs) expect(seen['logprobs']).toEqual([2, 2, 2, 2]);
    if (can.severalAnswers) expect(seen['n']).toBe(2);
    else expect(seen['n_refused']).toEqual(['BadRequestError', 400, 'unsupported_parameter', 'n']);
  });

  test('typed errors', () => {
    expect(seen['unknown_model']).toEqual(['NotFoundError', 404, 'model_not_found', 'model']);
    expect(seen['wrong_type']).toEqual(['BadRequestError', 400, 'bad_request', 'temperature']);
    expect(seen['too_long']).toEqual(['BadRequestError', 400, 'context_length_exceeded', 'messages']);
    expect(seen['engine_down']).toEqual(['InternalServerError', 503, 'service_unavailable', null]);
    expect(seen['nobody_there']).toEqual(['APIConnectionError']);
  });
});
