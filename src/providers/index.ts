import { openai } from './openai/openai.ts';
import type { Provider, QueueProbe, Quirk, RewriteField } from './provider.ts';
import { vllmQueueProbe } from './vllm/queue-probe.ts';

/** What a kind of backend brings along: its wire, and what is known of the servers that are called so. */
interface ProviderProfile {
  wire: Provider;
  /** Where it usually listens; null where the operator must say. */
  baseUrl: string | null;
  /** Time to the whole answer, or to the first token of a stream. */
  timeoutMs: number;
  /** What this kind of server gets wrong on the wire. The configuration can say otherwise. */
  rewrite: readonly RewriteField[];
  quirks: readonly Quirk[];
  /** How it tells how many requests wait in it; absent: it does not. */
  queueProbe?: QueueProbe;
}

const gpuTimeoutMs = 30_000;
const cpuTimeoutMs = 120_000;

/**
 * The registry: a new OpenAI-shaped kind is a row, a new wire is a row and a file. What they get wrong was seen with vLLM 0.32, Ollama 0.24
 * and llama-cpp-python 0.3.36 (docs/engines.md).
 */
const providers = {
  openai: { wire: openai, baseUrl: 'https://api.openai.com/v1', timeoutMs: gpuTimeoutMs, rewrite: [], quirks: [] },
  vllm: {
    wire: openai,
    baseUrl: 'http://127.0.0.1:8000/v1',
    timeoutMs: gpuTimeoutMs,
    rewrite: ['usage'],
    quirks: [],
    queueProbe: vllmQueueProbe,
  },
  ollama: {
    wire: openai,
    baseUrl: 'http://127.0.0.1:11434/v1',
    timeoutMs: cpuTimeoutMs,
    rewrite: ['id', 'usage', 'delta'],
    quirks: [
      'ignores-n',
      'ignores-required-tool',
      'ignores-named-tool',
      'ignores-completion-logprobs',
      'takes-one-prompt',
      'knows-max-tokens-only',
    ],
  },
  llamacpp: {
    wire: openai,
    baseUrl: null,
    timeoutMs: cpuTimeoutMs,
    rewrite: ['usage', 'finish_reason', 'delta'],
    quirks: ['ignores-n', 'ignores-required-tool', 'takes-one-prompt', 'knows-max-tokens-only', 'takes-schema-in-json-object'],
  },
  sluice: { wire: openai, baseUrl: null, timeoutMs: cpuTimeoutMs, rewrite: [], quirks: ['speaks-our-errors'] },
  embedded: { wire: openai, baseUrl: null, timeoutMs: cpuTimeoutMs, rewrite: [], quirks: ['speaks-our-errors'] },
} as const satisfies Record<string, ProviderProfile>;

/** A kind of backend, as `provider:` names it in the configuration. */
export type ProviderName = keyof typeof providers;

export const providerNames = Object.keys(providers) as [ProviderName, ...ProviderName[]];

/** The profile of a kind. */
export function providerProfile(name: ProviderName): ProviderProfile {
  return providers[name];
}
