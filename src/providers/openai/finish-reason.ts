/** OpenAI's finish reasons; everything else an engine may say is one of its own inventions. */
const known = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);
const synonyms: Record<string, string> = {
  eos: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  end_turn: 'stop',
  unload: 'stop',
  max_tokens: 'length',
  max_length: 'length',
  tool_use: 'tool_calls',
};

/** An engine's finish reason as OpenAI would name it; null while there is none. */
export function normaliseFinishReason(reason: unknown): string | null {
  if (typeof reason !== 'string' || reason === '') return null;
  if (known.has(reason)) return reason;
  return synonyms[reason] ?? 'stop';
}

/** Whether an engine says that it gave up. We close the connection when a client leaves, so no abort that we read was asked for. */
export function unaskedAbort(reason: unknown): boolean {
  return reason === 'abort' || reason === 'aborted' || reason === 'cancelled' || reason === 'error';
}
