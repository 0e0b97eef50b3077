/**
 * What output guardrails cost a stream, in one run: the decoder of 64 events without, and with all detectors (but those that look for a part of what another finds) on text that holds nothing to mask.
 * `node bench/guardrails-stream.ts` prints microseconds of CPU for each event, medians of interleaved rounds.
 */
import { detectorKinds } from '../src/guardrails/detectors/index.ts';
import { detectorSources } from '../src/guardrails/detector-sources.ts';
import { Guardrails } from '../src/guardrails/guardrails.ts';
import type { GuardrailSettings } from '../src/guardrails/settings.ts';
import { OpenAiStreamDecoder } from '../src/providers/openai/stream.ts';
import type { AnswerContext, StreamFilter } from '../src/providers/provider.ts';

const events = 64;
const streams = 200;
const rounds = 60;
const prose =
  ' The lock gates open slowly, and the narrow boat moves out on to the upper pound while the keeper winds the paddles down again for those who wait.';

const settings: GuardrailSettings = {
  name: 'all',
  kind: 'pii',
  mode: 'both',
  logOnly: false,
  onError: 'closed',
  always: true,
  models: [],
  keys: [],
  teams: [],
  detectors: detectorKinds({ defaultsOnly: true }).map((kind) => ({ kind, action: 'mask' })),
  phoneRegions: ['US'],
  patterns: [],
  words: [],
  maskFormat: '[{KIND}_REDACTED]',
  wordMask: '[KEYWORD_REDACTED]',
};
const guardrails = new Guardrails([settings], detectorSources(), {
  transport: {
    collect: () => {
      throw new Error('nobody is asked');
    },
  },
  secret: Buffer.alloc(32),
});

const words = prose.split(/(?= )/);
const chunks = Array.from({ length: events }, (_, at) => {
  const delta = at === 0 ? { role: 'assistant', content: '' } : { content: words[at % words.length] };
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: null }];
  const event = {
    id: 'chatcmpl-0123456789abcdef',
    object: 'chat.completion.chunk',
    created: 1_763_700_000,
    model: 'tiny',
    choices,
  };
  return Buffer.from(`data: ${JSON.stringify(event)}\n\n`);
});

function context(upstreamModel: string): AnswerContext {
  const target = {
    baseUrl: '', apiKey: null, headers: {}, defaults: {}, upstreamModel, responseModel: upstreamModel, rewrite: new Set<never>(), contextTokens: null,
    quirks: new Set<never>(),
  }; // prettier-ignore
  const body = { model: 'tiny', messages: [] };
  return {
    request: { operation: 'chat', body, isStreaming: true, wantsUsageEvent: false },
    target,
    answerId: 'x',
    estimatePromptTokens: () => 0,
  };
}

/** Microseconds of CPU for each event. */
function measure(of: AnswerContext, filter: () => StreamFilter | null): number {
  const before = process.cpuUsage();
  let bytes = 0;
  for (let stream = 0; stream < streams; stream++) {
    const decoder = new OpenAiStreamDecoder(of, null, filter());
    for (const chunk of chunks) bytes += decoder.push(chunk)?.length ?? 0;
  }
  const { user, system } = process.cpuUsage(before);
  if (bytes === 0) throw new Error('nothing came out');
  return (user + system) / streams / events;
}

const filter = () =>
  guardrails.forRequest({ model: 'tiny', keyAlias: null, teamId: null, required: [], requested: [] })?.streamFilter() ?? null;
const cases = {
  'without, bytes pass': () => measure(context('tiny'), () => null),
  'without, events rewritten (another model name)': () => measure(context('other'), () => null),
  'with all detectors': () => measure(context('tiny'), filter),
};
const found: Record<string, number[]> = {};
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(cases)) (found[name] ??= []).push(run());
}
for (const [name, all] of Object.entries(found)) {
  const late = all.slice(rounds / 3).sort((one, other) => one - other);
  console.log(`${(late[Math.floor(late.length / 2)] ?? 0).toFixed(2).padStart(7)} µs/event  ${name}`);
}
