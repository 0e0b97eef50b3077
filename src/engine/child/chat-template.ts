import type { LlamaModel } from 'node-llama-cpp';
import { GatewayError } from '../../errors.ts';

/** A message as templates know it: text content, arguments of calls parsed. */
export interface TemplateMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  name?: string;
  tool_calls?: TemplateToolCall[];
  tool_call_id?: string;
}

export interface TemplateToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: unknown };
}

/** A function of the request, as templates know it. */
export interface TemplateTool {
  type: 'function';
  function: { name: string; description?: string; parameters: unknown };
}

/** What a template really prints; found out by trying, as many drop in silence what they do not know. */
export interface TemplateAbilities {
  system: boolean;
  toolCalls: boolean;
  toolMessages: boolean;
  tools: boolean;
  /** The model was taught to write calls as `<tool_call>{"name": …, "arguments": …}</tool_call>` (Hermes, Qwen and their kin). */
  marksCalls: boolean;
}

type TemplateConstructor = typeof import('@huggingface/jinja').Template;

/** GGUF's token types (`llama_token_type`): unknown, control and user-defined are found in text by their spelling. */
const spelledTokenTypes = new Set([2, 3, 4]);

/** The chat template of a model file, made safe: no text of a message can become a control token. */
export class ChatTemplate {
  readonly abilities: TemplateAbilities;
  readonly #template: InstanceType<TemplateConstructor>;
  readonly #strings: { bos_token: string; eos_token: string };
  readonly #controlTokens: RegExp | undefined;

  /** Undefined where the model has no template, or one that cannot be read. */
  static of(Template: TemplateConstructor, model: LlamaModel): ChatTemplate | undefined {
    const { tokenizer } = model.fileInfo.metadata;
    const source = tokenizer.chat_template;
    if (source === undefined) return undefined;
    const { tokens, token_type: types } = tokenizer.ggml;
    const control = tokens.filter((_, index) => spelledTokenTypes.has(types?.[index] ?? 0));
    const { bosString, eosString } = model.tokens;
    const strings = { bos_token: bosString ?? '', eos_token: eosString ?? '' };
    try {
      return new ChatTemplate(new Template(source), strings, control);
    } catch (error) {
      process.stderr.write(`the chat template of the model cannot be read: ${String(error)}\n`);
      return undefined;
    }
  }

  constructor(
    template: InstanceType<TemplateConstructor>,
    strings: { bos_token: string; eos_token: string },
    controlTokens: readonly string[],
  ) {
    this.#template = template;
    this.#strings = strings;
    this.#controlTokens = toPattern(controlTokens);
    this.abilities = this.#findAbilities();
  }

  /**
   * The prompt that asks for the assistant's next message, in pieces to be tokenised one by one, with control tokens read as such: where
   * a message spells a control token, the cut goes right through it.
   * @throws GatewayError `bad_request` with the template's own words where it refuses these messages (order of roles, mostly)
   */
  render(messages: readonly TemplateMessage[], tools: readonly TemplateTool[]): string[] {
    const cut = findUnusedCharacter(JSON.stringify([messages, tools]));
    const isSafe = (text: string): string => cutControlTokens(text, this.#controlTokens, cut);
    try {
      return this.#print(mapStrings(messages, isSafe), mapStrings(tools, isSafe)).split(cut);
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new GatewayError('bad_request', `messages: the chat template of the model refuses these: ${words}`, {
        cause,
        param: 'messages',
      });
    }
  }

  #print(messages: unknown, tools: unknown): string {
    const hasTools = Array.isArray(tools) && tools.length > 0;
    return this.#template.render({ messages, add_generation_prompt: true, ...this.#strings, ...(hasTools ? { tools } : {}) });
  }

  #findAbilities(): TemplateAbilities {
    const prints = (marker: string, messages: TemplateMessage[], tools: TemplateTool[] = []): boolean => {
      try {
        return this.#print(messages, tools).includes(marker);
      } catch {
        return false;
      }
    };
    const user: TemplateMessage = { role: 'user', content: 'question' };
    const call: TemplateToolCall = {
      id: 'call00001',
      type: 'function',
      function: { name: 'marker_call', arguments: { city: 'Paris' } },
    };
    const calling: TemplateMessage[] = [
      user,
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', content: 'marker_result', tool_call_id: 'call00001', name: 'marker_call' },
    ];
    const tool: TemplateTool = {
      type: 'function',
      function: { name: 'marker_tool', description: 'a tool', parameters: { type: 'object' } },
    };
    return {
      system: prints('marker_system', [{ role: 'system', content: 'marker_system' }, user]),
      toolCalls: prints('marker_call', calling),
      toolMessages: prints('marker_result', calling),
      tools: prints('marker_tool', [user], [tool]),
      marksCalls: prints('<tool_call>', [user], [tool]),
    };
  }
}

function toPattern(controlTokens: readonly string[]): RegExp | undefined {
  const spelled = controlTokens
    .filter((token) => token.length > 1 && /\S/.test(token))
    .sort((one, other) => other.length - one.length);
  return spelled.length === 0
    ? undefined
    : new RegExp(spelled.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join('|'), 'g');
}

/** Puts `cut` behind the first character of each control token, also of those that overlap. */
function cutControlTokens(text: string, pattern: RegExp | undefined, cut: string): string {
  if (!pattern) return text;
  let safe = '';
  let done = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const next = match.index + String.fromCodePoint(text.codePointAt(match.index) ?? 0).length;
    safe += text.slice(done, next) + cut;
    done = next;
    pattern.lastIndex = next;
  }
  return safe + text.slice(done);
}

/** A character of the private use area that does not occur in the text. */
function findUnusedCharacter(text: string): string {
  let code = 0xe000;
  while (text.includes(String.fromCharCode(code))) code++;
  return String.fromCharCode(code);
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((element) => mapStrings(element, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [change(key), mapStrings(inner, change)]));
}
