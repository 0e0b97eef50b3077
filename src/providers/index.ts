import { openai } from './openai/openai.ts';
import type { Provider, RewriteField } from './provider.ts';

/** What a kind of backend brings along: its wire, and what is known of the servers that are called so. All of it can be overridden. */
interface ProviderProfile {
  wire: Provider;
  /** Where it usually listens; null where the operator must say. */
  baseUrl: string | null;
  /** Time to the whole answer, or to the first token of a stream. */
  timeoutMs: number;
  /** What this kind of server gets wrong on the wire. */
  rewrite: readonly RewriteField[];
  /** Answers that one request may ask for (`n`), where the server would silently give fewer; null: as many as asked. */
  maxChoices: number | null;
}

const gpuTimeoutMs = 30_000;
const cpuTimeoutMs = 120_000;

/**
 * The registry: a new OpenAI-shaped kind is a row, a new wire is a row and a file. Quirks as observed with vLLM 0.32, Ollama 0.24 and
 * llama-cpp-python 0.3.36: Ollama repeats its ids and gives one choice whatever `n` says; llama-cpp-python reports no usage on streams.
 */
export const providers = {
  openai: { wire: openai, baseUrl: 'https://api.openai.com/v1', timeoutMs: gpuTimeoutMs, rewrite: [], maxChoices: null },
  vllm: { wire: openai, baseUrl: 'http://127.0.0.1:8000/v1', timeoutMs: gpuTimeoutMs, rewrite: ['usage'], maxChoices: null },
  ollama: {
    wire: openai,
    baseUrl: 'http://127.0.0.1:11434/v1',
    timeoutMs: cpuTimeoutMs,
    rewrite: ['id', 'usage'],
    maxChoices: 1,
  },
  llamacpp: { wire: openai, baseUrl: null, timeoutMs: cpuTimeoutMs, rewrite: ['usage', 'finish_reason'], maxChoices: 1 },
  sluice: { wire: openai, baseUrl: null, timeoutMs: cpuTimeoutMs, rewrite: [], maxChoices: null },
  embedded: { wire: openai, baseUrl: null, timeoutMs: cpuTimeoutMs, rewrite: [], maxChoices: null },
} as const satisfies Record<string, ProviderProfile>;

/** A kind of backend, as `provider:` names it in the configuration. */
export type ProviderName = keyof typeof providers;

export const providerNames = Object.keys(providers) as [ProviderName, ...ProviderName[]];

/** The profile of a kind. */
export function providerProfile(name: ProviderName): ProviderProfile {
  return providers[name];
}
