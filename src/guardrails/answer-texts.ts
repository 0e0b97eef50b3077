import { isObject, type JsonObject } from '../wire/parse.ts';
import { visitTexts, type TextVisitor } from './request-texts.ts';

/** What repeats the text of a choice in another form, and so must go when the text was rewritten. */
const echoes = ['logprobs', 'token_ids', 'prompt_token_ids'] as const;

/**
 * Lets `visit` rewrite every text of a whole answer, in place: content, reasoning, refusal, arguments of function calls, text of completions,
 * and fields that we do not know. Where a choice was rewritten its log probabilities go, as they hold the text token by token.
 * @returns whether anything was changed
 */
export function visitAnswerTexts(answer: JsonObject, visit: TextVisitor, isJsonWanted: boolean): boolean {
  let isChanged = false;
  const watch: TextVisitor = (text, isJson, field) => {
    const rewritten = visit(text, isJson || (isJsonWanted && isContent(field)), field);
    if (rewritten !== text) isChanged = true;
    return rewritten;
  };
  const { choices, ...others } = answer;
  const top = { ...others };
  visitTexts(top, watch);
  Object.assign(answer, top);
  let isAnyChanged = isChanged;
  for (const [at, choice] of (Array.isArray(choices) ? choices : []).entries()) {
    if (!isObject(choice)) continue;
    isChanged = false;
    visitTexts(choice, (text, isJson, field) => watch(text, isJson, `choices[${at}].${field}`));
    if (isChanged) for (const echo of echoes) if (echo in choice) choice[echo] = null;
    isAnyChanged ||= isChanged;
  }
  return isAnyChanged;
}

function isContent(field: string): boolean {
  return /^choices\[\d+\]\.(message\.content|text)$/.test(field);
}
