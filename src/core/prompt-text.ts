import { isObject, type JsonObject } from '../wire/parse.ts';

/** All the text of a request that goes into the model's prompt, in order, for counting. Pictures and other parts are left out. */
export function promptText(body: JsonObject): string {
  const parts: string[] = [];
  if (Array.isArray(body['messages'])) {
    for (const message of body['messages']) if (isObject(message)) collect(message['content'], parts);
  } else {
    collect(body['prompt'] ?? body['input'], parts);
  }
  return parts.join('\n');
}

/** A text, or a list of texts and of parts that have one. */
function collect(value: unknown, parts: string[]): void {
  for (const item of Array.isArray(value) ? value : [value]) {
    if (typeof item === 'string') parts.push(item);
    else if (isObject(item) && typeof item['text'] === 'string') parts.push(item['text']);
  }
}

/** A rough count for the log and the metrics where an engine reports none: English runs at about four characters a token. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
