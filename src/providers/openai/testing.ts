import { readFileSync } from 'node:fs';
import { providerProfile, type ProviderName } from '../index.ts';
import type { AnswerContext, InferenceRequest, Quirk, StreamFacts, Target, UpstreamAnswer } from '../provider.ts';
import { OpenAiStreamDecoder } from './stream.ts';

/** What an engine once answered, as recorded (docs/engines.md says from which version). */
export function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

/** A backend that calls our model `tiny` by the name that the recordings have. */
export function target(provider: ProviderName, changes: Partial<Target> = {}): Target {
  const { rewrite, quirks } = providerProfile(provider);
  return {
    baseUrl: 'http://engine.test/v1',
    apiKey: 'k1',
    headers: {},
    defaults: {},
    upstreamModel: 'smol',
    responseModel: 'tiny',
    rewrite: new Set(rewrite),
    contextTokens: null,
    quirks: new Set<Quirk>(quirks),
    ...changes,
  };
}

export function chatRequest(changes: Partial<InferenceRequest> = {}): InferenceRequest {
  const body = { model: 'tiny', messages: [{ role: 'user', content: 'Name a river.' }] };
  return { operation: 'chat', body, isStreaming: false, wantsUsageEvent: false, ...changes };
}

export function context(on: Target, request: InferenceRequest = chatRequest()): AnswerContext {
  return { request, target: on, answerId: 'chatcmpl-ours', estimatePromptTokens: () => 4 };
}

export function answer(status: number, body: string, headers: UpstreamAnswer['headers'] = {}): UpstreamAnswer {
  return { status, headers, body: Buffer.from(body) };
}

/** A stream as the client gets it, and what was learned of it. */
export interface Decoded {
  output: string;
  facts: StreamFacts;
}

/** Decodes a stream that comes in these pieces. */
export function decode(pieces: readonly Buffer[], on: Target, { wantsUsageEvent = false } = {}): Decoded {
  const request = chatRequest({ isStreaming: true, wantsUsageEvent });
  const decoder = new OpenAiStreamDecoder(context(on, request), null);
  const output = pieces.map((piece) => (decoder.push(piece) ?? '').toString());
  output.push((decoder.end() ?? '').toString());
  return { output: output.join(''), facts: decoder.facts };
}

/** The events of a stream: parsed, but for the `[DONE]` at the end. */
export function events(output: string): Record<string, unknown>[] {
  const data = output.split('\n\n').filter((block) => block !== '' && block !== 'data: [DONE]');
  return data.map((block) => JSON.parse(block.replace(/^data: /, '')) as Record<string, unknown>);
}
