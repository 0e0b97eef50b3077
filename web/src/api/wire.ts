import { asNumber, asText, isRecord } from '../json.ts';

/** One message of a chat. */
export interface ChatMessage {
  role: 'user' | 'assistant';
  content: string;
}

/** The body of `POST /v1/chat/completions` as this page sends it. */
export interface ChatBody {
  model: string;
  messages: ChatMessage[];
  temperature: number;
  max_tokens?: number;
  stream: true;
  stream_options: { include_usage: true };
}

/** What one chunk of a streamed answer says; what it does not say is missing. */
export interface ChatChunk {
  text: string;
  model?: string;
  finishReason?: string;
  usage?: { promptTokens: number; completionTokens: number };
}

/** Reads a chunk leniently: gateways and engines add fields and leave fields out. */
export function parseChunk(value: unknown): ChatChunk {
  if (!isRecord(value)) return { text: '' };
  const choice: unknown = Array.isArray(value['choices']) ? value['choices'][0] : undefined;
  const delta = isRecord(choice) ? choice['delta'] : undefined;
  const model = asText(value['model']);
  const finishReason = isRecord(choice) ? asText(choice['finish_reason']) : undefined;
  const usage = isRecord(value['usage']) ? value['usage'] : {};
  const promptTokens = asNumber(usage['prompt_tokens']);
  const completionTokens = asNumber(usage['completion_tokens']);
  return {
    text: (isRecord(delta) ? asText(delta['content']) : undefined) ?? '',
    ...(model && { model }),
    ...(finishReason && { finishReason }),
    ...(promptTokens !== undefined && completionTokens !== undefined && { usage: { promptTokens, completionTokens } }),
  };
}

/** The ids of `GET /v1/models`, in the server's order. Undefined where the answer is no such list. */
export function parseModels(value: unknown): string[] | undefined {
  if (!isRecord(value) || !Array.isArray(value['data'])) return undefined;
  return value['data'].flatMap((model: unknown) => (isRecord(model) && typeof model['id'] === 'string' ? [model['id']] : []));
}

/** What `GET /health` says; `unknown` where the server has no such route. */
export type HealthStatus = 'healthy' | 'loading' | 'unhealthy' | 'unknown';

/** Reads the `status` of a health answer, whatever its HTTP status. */
export function parseHealth(value: unknown): HealthStatus {
  const status = isRecord(value) ? value['status'] : undefined;
  return status === 'healthy' || status === 'loading' || status === 'unhealthy' ? status : 'unknown';
}

/** Whether a model is the built-in demo, whose sentences mean nothing. */
export function isDemoModel(model: string): boolean {
  return model.includes('sluice-demo');
}
