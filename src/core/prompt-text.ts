import { isObject, type JsonObject } from '../wire/parse.ts';

/** All the text of a request that goes into the model's prompt, in order, for counting. Pictures and other parts are left out. */
export function promptText(body: JsonObject): string {
  const parts: string[] = [];
  collect(body['prompt'] ?? body['input'], parts);
  for (const message of Array.isArray(body['messages']) ? body['messages'] : []) {
    if (isObject(message)) collect(message['content'], parts);
  }
  return parts.join('\n');
}

function collect(value: unknown, parts: string[]): void {
  if (typeof value === 'string') parts.push(value);
  else if (Array.isArray(value)) for (const item of value) collect(item, parts);
  else if (isObject(value) && typeof value['text'] === 'string') parts.push(value['text']);
}

/** A rough count for the log and the metrics where an engine reports none: English runs at about four characters a token. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
