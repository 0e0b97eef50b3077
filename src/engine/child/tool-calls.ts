import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import type { chatRequest } from '../../wire/chat.ts';
import type { TemplateAbilities, TemplateTool } from './chat-template.ts';
import { JsonGrammar, literal } from './json-grammar.ts';
import { StopScanner } from './text-stream.ts';

type ChatRequest = z.output<typeof chatRequest>;

/** The functions of a request and what may happen with them. */
export interface ToolPlan {
  /** The functions that the prompt tells of. */
  told: TemplateTool[];
  /** Those that may be called. */
  callable: TemplateTool[];
  /** `forced`: one has to be called. `free`: the model chooses between words and a call. */
  mode: 'none' | 'forced' | 'free';
}

const callMarker = '<tool_call>';

/**
 * Reads `tools` and `tool_choice`.
 * @throws GatewayError `unsupported_parameter` where the model is to choose by itself but was not taught how to say so
 */
export function planTools({ tools: wireTools, tool_choice: choice }: ChatRequest, { marksCalls }: TemplateAbilities): ToolPlan {
  const told = (wireTools ?? []).map(toTemplateTool);
  const isFree = choice === undefined || choice === null || choice === 'auto';
  if (told.length === 0) {
    if (isFree || choice === 'none') return { told, callable: [], mode: 'none' };
    throw badChoice('needs "tools" beside it');
  }
  // OpenAI leaves the functions in the prompt; here they would only tempt a small model to call one.
  if (choice === 'none') return { told: [], callable: [], mode: 'none' };
  if (choice === 'required') return { told, callable: told, mode: 'forced' };
  if (isFree && marksCalls) return { told, callable: told, mode: 'free' };
  if (isFree) {
    throw new GatewayError(
      'unsupported_parameter',
      'tool_choice: this model was not taught to choose between words and a function call; ' +
        'send "required", "none" or {"type": "function", "function": {"name": …}}',
      { param: 'tool_choice' },
    );
  }
  const callable = told.filter((tool) => tool.function.name === choice.function?.name);
  if (choice.type !== 'function' || callable.length === 0) throw badChoice('names no function of "tools"');
  return { told, callable, mode: 'forced' };
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

/**
 * The grammar of an answer with functions: a call `{"name": "f", "arguments": {…}}` in exactly this form, or for `free` any text, with or
 * without a call behind `<tool_call>` at its end.
 */
export function toolCallGrammar({ told, callable, mode }: ToolPlan): string {
  const grammar = new JsonGrammar();
  const calls = callable.map((tool) => {
    const field = `tools[${told.indexOf(tool)}].function.parameters`;
    return `${literal(`${tool.function.name}", "arguments": `)} ${grammar.add(tool.function.parameters, field)}`;
  });
  const call = `${literal('{"name": "')} (${calls.join(' | ')}) "}"`;
  if (mode === 'forced') return grammar.build(call);
  const lineBreak = literal('\n');
  grammar.define('call', `${lineBreak}? ${call} ${lineBreak} ${literal('</tool_call>')}`);
  defineTextUpTo(grammar, callMarker);
  return grammar.build('text0');
}

/** Rules `text0`…: any text, and `call` after the first marker in it. Rule `text3` stands behind the first three characters of the marker. */
function defineTextUpTo(grammar: JsonGrammar, marker: string): void {
  const [first = ''] = marker;
  grammar.define('text0', `([^${first}] text0 | ${literal(first)} text1)?`);
  for (let done = 1; done < marker.length; done++) {
    const next = marker.charAt(done);
    const after = done + 1 === marker.length ? 'call' : `text${done + 1}`;
    grammar.define(`text${done}`, `(${literal(next)} ${after} | ${literal(first)} text1 | [^${first}${next}] text0)?`);
  }
}

/** A call, or the next part of one: the first carries id and name, further ones text to be added to the arguments. */
interface ToolCallDelta {
  index: 0;
  id?: string;
  type?: 'function';
  function: { name?: string; arguments: string };
}

/** The next part of an assistant's message, as streams carry it. */
export type MessageDelta = { content: string } | { tool_calls: [ToolCallDelta] };

/** Makes parts of a message from generated text that comes in pieces. */
export interface MessageReader {
  /** Whether the message calls a function, and the call is whole. False where the limit of tokens cut it. */
  readonly calledTool: boolean;
  push: (text: string) => MessageDelta[];
  end: () => MessageDelta[];
}

/** The reader of answers that obey the grammar of this plan. */
export function createMessageReader(mode: ToolPlan['mode']): MessageReader {
  if (mode === 'forced') return new CallReader();
  if (mode === 'free') return new MarkedCallReader();
  return { calledTool: false, push: (content) => [{ content }], end: () => [] };
}

class CallReader implements MessageReader {
  #text = '';
  /** How much of the text was handed on, or is no part of the arguments; undefined until the name is known. */
  #done: number | undefined;

  get calledTool(): boolean {
    try {
      JSON.parse(this.#text);
      return true;
    } catch {
      return false;
    }
  }

  push(text: string): MessageDelta[] {
    this.#text += text;
    const deltas: ToolCallDelta[] = [];
    if (this.#done === undefined) {
      const head = /^\{"name": "([^"]+)", "arguments": /.exec(this.#text);
      if (!head) return [];
      this.#done = head[0].length;
      const id = `call_${randomUUID().replaceAll('-', '')}`;
      deltas.push({ index: 0, id, type: 'function', function: { name: head[1] ?? '', arguments: '' } });
    }
    // The last character may be the brace that closes the call, which is no part of the arguments.
    const added = this.#text.slice(this.#done, -1);
    this.#done += added.length;
    if (added !== '') deltas.push({ index: 0, function: { arguments: added } });
    return deltas.map((delta) => ({ tool_calls: [delta] }));
  }

  end(): MessageDelta[] {
    if (this.#done === undefined || this.calledTool) return [];
    const added = this.#text.slice(this.#done);
    this.#done = this.#text.length;
    return added === '' ? [] : [{ tool_calls: [{ index: 0, function: { arguments: added } }] }];
  }
}

/** Words, up to the marker of a call; then the call, which ends with its line: JSON of ours has no raw line break. */
class MarkedCallReader implements MessageReader {
  readonly #words = new StopScanner([callMarker]);
  readonly #line = new StopScanner(['\n']);
  readonly #call = new CallReader();
  #hasCallBegun = false;

  get calledTool(): boolean {
    return this.#call.calledTool;
  }

  push(text: string): MessageDelta[] {
    if (this.#words.isStopped) return this.#pushCall(text);
    const content = this.#words.push(text);
    const deltas: MessageDelta[] = content === '' ? [] : [{ content }];
    return this.#words.isStopped ? [...deltas, ...this.#pushCall(this.#words.rest)] : deltas;
  }

  end(): MessageDelta[] {
    const content = this.#words.end();
    return content === '' ? this.#call.end() : [{ content }];
  }

  #pushCall(text: string): MessageDelta[] {
    const line = this.#hasCallBegun ? text : text.trimStart();
    if (line === '') return [];
    this.#hasCallBegun = true;
    return this.#call.push(this.#line.push(line));
  }
}
