import { isObject, type JsonObject } from '../../wire/parse.ts';

/**
 * Puts right what some engines do in the deltas of a stream. Clients add deltas up, so what was said once must not be said again: the role,
 * or id, type and name of a function call. What has nothing to say is absent rather than null, but for `logprobs`, as with OpenAI.
 */
export class DeltaFixer {
  readonly #said = new Set<string>();

  /** Changes a choice of an event, in place. */
  fix(choice: JsonObject): void {
    choice['logprobs'] ??= null;
    const { delta, index } = choice;
    if (!isObject(delta)) return;
    const { tool_calls: calls } = delta;
    if (this.#isNew(`role ${String(index)}`)) delta['role'] ??= 'assistant';
    else delete delta['role'];
    // The form that functions had before OpenAI gave them another; engines say the same in both.
    delete delta['function_call'];
    if (!Array.isArray(calls)) {
      delete delta['tool_calls'];
      return;
    }
    for (const call of calls.filter(isObject)) {
      if (this.#isNew(`call ${String(index)} ${String(call['index'])}`)) continue;
      delete call['id'];
      delete call['type'];
      if (isObject(call['function'])) delete call['function']['name'];
    }
  }

  #isNew(what: string): boolean {
    if (this.#said.has(what)) return false;
    this.#said.add(what);
    return true;
  }
}
