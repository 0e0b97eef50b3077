import type { Provider } from '../provider.ts';
import { fromUpstream } from './answer.ts';
import { toError } from './error.ts';
import { toHealthCheck, toUpstream } from './request.ts';
import { OpenAiStreamDecoder } from './stream.ts';

/** The OpenAI wire: OpenAI itself, vLLM, Ollama, llama.cpp servers, another Sluice, and whatever else speaks it. */
export const openai: Provider = {
  toUpstream,
  toHealthCheck,
  fromUpstream,
  toError,
  streamDecoder: (context, transform, filter = null) => new OpenAiStreamDecoder(context, transform, filter),
};
