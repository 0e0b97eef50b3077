import { GatewayError } from '../errors.ts';
import { isObject, type JsonObject } from './parse.ts';

/**
 * `/v1/completions` for chat-tuned models: the prompt becomes one user message, so that the engine puts it into the model's own template,
 * and the chat answer becomes a text completion again.
 */

const withoutMeaning = ['suffix', 'echo', 'best_of'] as const;

/** @throws GatewayError `unsupported_parameter` for what has no meaning in a chat */
export function toChatRequest(body: JsonObject): JsonObject {
  for (const field of withoutMeaning) {
    const value = body[field];
    if (value === undefined || value === null || value === false || value === '' || value === 1) continue;
    throw new GatewayError('unsupported_parameter', `"${field}" has no meaning for a chat-tuned model (promptFormat: chat)`, {
      param: field,
    });
  }
  const { prompt, logprobs, suffix: _suffix, echo: _echo, best_of: _bestOf, ...rest } = body;
  const text = Array.isArray(prompt) && prompt.length === 1 ? (prompt[0] as unknown) : prompt;
  if (typeof text !== 'string') {
    throw new GatewayError('unsupported_parameter', 'a chat-tuned model (promptFormat: chat) takes one prompt, as text', {
      param: 'prompt',
    });
  }
  const chat: JsonObject = { ...rest, messages: [{ role: 'user', content: text }] };
  if (typeof logprobs === 'number') {
    chat['logprobs'] = true;
    if (logprobs > 0) chat['top_logprobs'] = logprobs;
  }
  return chat;
}

/** A chat answer or stream event as a text completion. Events that only open the message are dropped (null). */
export function fromChatAnswer(answer: JsonObject): JsonObject | null {
  const choices = Array.isArray(answer['choices']) ? (answer['choices'] as unknown[]) : [];
  const isChunk = answer['object'] === 'chat.completion.chunk';
  const texts = choices.filter(isObject).map((choice) => toTextChoice(choice));
  const saysNothing = texts.length > 0 && texts.every((choice) => choice['text'] === '' && choice['finish_reason'] === null);
  if (isChunk && saysNothing && !isObject(answer['usage'])) return null;
  const id = typeof answer['id'] === 'string' ? answer['id'].replace(/^chatcmpl-/, 'cmpl-') : answer['id'];
  return { ...answer, id, object: 'text_completion', choices: texts };
}

function toTextChoice(choice: JsonObject): JsonObject {
  const message = choice['message'] ?? choice['delta'];
  const content = isObject(message) && typeof message['content'] === 'string' ? message['content'] : '';
  return {
    text: content,
    index: choice['index'] ?? 0,
    logprobs: toTextLogprobs(choice['logprobs']),
    finish_reason: choice['finish_reason'] ?? null,
  };
}

/** Chat's list of token objects as the older form's parallel lists. */
function toTextLogprobs(logprobs: unknown): JsonObject | null {
  if (!isObject(logprobs) || !Array.isArray(logprobs['content'])) return null;
  const rows = logprobs['content'].filter(isObject);
  let offset = 0;
  return {
    tokens: rows.map((row) => row['token']),
    token_logprobs: rows.map((row) => row['logprob']),
    top_logprobs: rows.map((row) => {
      const top = Array.isArray(row['top_logprobs']) ? row['top_logprobs'].filter(isObject) : [];
      return Object.fromEntries(top.map((entry) => [String(entry['token']), entry['logprob']]));
    }),
    text_offset: rows.map((row) => {
      const start = offset;
      offset += String(row['token']).length;
      return start;
    }),
  };
}
