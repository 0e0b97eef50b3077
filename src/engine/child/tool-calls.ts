import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import type { chatRequest } from '../../wire/chat.ts';
import type { TemplateTool } from './chat-template.ts';
import { JsonGrammar, literal } from './json-grammar.ts';

type ChatRequest = z.output<typeof chatRequest>;

/** The functions of a request and what has to happen with them. */
export interface ToolPlan {
  /** All functions, for the prompt. */
  tools: TemplateTool[];
  /** Those of which one must be called; undefined where the model answers in words. */
  forced: TemplateTool[] | undefined;
}

/**
 * Reads `tools` and `tool_choice`.
 * @throws GatewayError `unsupported_parameter` where the model is to choose by itself between words and a call
 */
export function planTools({ tools: wireTools, tool_choice: choice }: ChatRequest): ToolPlan {
  const tools = (wireTools ?? []).map(toTemplateTool);
  if (tools.length === 0) {
    if (choice === undefined || choice === null || choice === 'none' || choice === 'auto') return { tools, forced: undefined };
    throw badChoice('needs "tools" beside it');
  }
  // As OpenAI has it: with `none` the functions stay in the prompt; here they would only tempt a small model.
  if (choice === 'none') return { tools: [], forced: undefined };
  if (choice === 'required') return { tools, forced: tools };
  if (choice === undefined || choice === null || choice === 'auto') {
    throw new GatewayError(
      'unsupported_parameter',
      'tool_choice: this engine cannot leave it to the model whether to call a function; ' +
        'send "required", "none" or {"type": "function", "function": {"name": …}}',
      { param: 'tool_choice' },
    );
  }
  const name = choice.function?.name;
  const named = tools.filter((tool) => tool.function.name === name);
  if (choice.type !== 'function' || named.length === 0) throw badChoice(`names no function of "tools"`);
  return { tools, forced: named };
}

function badChoice(message: string): GatewayError {
  return new GatewayError('bad_request', `tool_choice: ${message}`, {
    param: 'tool_choice',
    details: [{ field: 'tool_choice', message }],
  });
}

function toTemplateTool(tool: NonNullable<ChatRequest['tools']>[number], index: number): TemplateTool {
  if (tool.type !== 'function' || !tool.function) {
    const message = `tools[${index}]: this engine knows tools of type "function" only, not "${tool.type}"`;
    throw new GatewayError('unsupported_parameter', message, { param: `tools[${index}].type` });
  }
  const { name, description, parameters } = tool.function;
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined || description === null ? {} : { description }),
      parameters: parameters ?? { type: 'object', properties: {}, additionalProperties: false },
    },
  };
}

/** The grammar of a call of one of these functions: `{"name": "f", "arguments": {…}}`, in exactly this form. */
export function toolCallGrammar({ tools, forced }: ToolPlan): string {
  const grammar = new JsonGrammar();
  const calls = (forced ?? []).map((tool) => {
    const field = `tools[${tools.indexOf(tool)}].function.parameters`;
    return `${literal(`${tool.function.name}", "arguments": `)} ${grammar.add(tool.function.parameters, field)}`;
  });
  return grammar.build(`${literal('{"name": "')} (${calls.join(' | ')}) "}"`);
}

/** A call, or the next part of one: the first carries id and name, further ones text to be added to the arguments. */
export interface ToolCallDelta {
  index: 0;
  id?: string;
  type?: 'function';
  function: { name?: string; arguments: string };
}

/** Reads a call from text that comes in pieces and obeys `toolCallGrammar`. */
export class ToolCallReader {
  #text = '';
  /** How much of the text was handed on, or is no part of the arguments; undefined until the name is known. */
  #done: number | undefined;

  /** Whether the call is whole. False when the limit of tokens cut it. */
  get isComplete(): boolean {
    try {
      JSON.parse(this.#text);
      return true;
    } catch {
      return false;
    }
  }

  push(text: string): ToolCallDelta[] {
    this.#text += text;
    const deltas: ToolCallDelta[] = [];
    if (this.#done === undefined) {
      const head = /^\{"name": "([^"]+)", "arguments": /.exec(this.#text);
      if (!head) return [];
      this.#done = head[0].length;
      deltas.push({
        index: 0,
        id: `call_${randomUUID().replaceAll('-', '')}`,
        type: 'function',
        function: { name: head[1] ?? '', arguments: '' },
      });
    }
    // The last character may be the brace that closes the call, which is no part of the arguments.
    const added = this.#text.slice(this.#done, -1);
    this.#done += added.length;
    if (added !== '') deltas.push({ index: 0, function: { arguments: added } });
    return deltas;
  }

  /** What is left of the arguments of a call that was cut off. */
  end(): ToolCallDelta[] {
    if (this.#done === undefined || this.isComplete) return [];
    const added = this.#text.slice(this.#done);
    this.#done = this.#text.length;
    return added === '' ? [] : [{ index: 0, function: { arguments: added } }];
  }
}
