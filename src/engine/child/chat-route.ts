import { randomUUID } from 'node:crypto';
import type { LlamaGrammar } from 'node-llama-cpp';
import type { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import { chatRequest } from '../../wire/chat.ts';
import { parseBody } from '../../wire/parse.ts';
import { countUsage, generateAll } from './answers.ts';
import { fitToTemplate, toTemplateMessages } from './chat-messages.ts';
import type { Exchange } from './exchange.ts';
import type { GenerationEnd, GenerationRequest, Piece, TokenLogprobs } from './generation.ts';
import { JsonGrammar } from './json-grammar.ts';
import { encodePrompt, type LoadedModel } from './loaded-model.ts';
import { createLogprobsWriter } from './logprobs.ts';
import {
  checkModel,
  harmlessFields,
  isAnything,
  isOneOf,
  outOfRange,
  readCount,
  readSampling,
  readStops,
  refuseOthers,
} from './request-options.ts';
import { planTools, toolCallGrammar, ToolCallReader, type ToolCallDelta, type ToolPlan } from './tool-calls.ts';

type ChatRequest = z.output<typeof chatRequest>;

const usedFields = (
  'model messages max_tokens max_completion_tokens temperature top_p n stop seed frequency_penalty presence_penalty logit_bias ' +
  'logprobs top_logprobs response_format tools tool_choice stream stream_options'
).split(' ');
const harmless = {
  ...harmlessFields,
  // There is never more than one call.
  parallel_tool_calls: isAnything,
  reasoning_effort: isOneOf('none'),
};

interface ChatJob {
  answers: Omit<GenerationRequest, 'isAdmitted'>[];
  promptTokens: number;
  callsTool: boolean;
}

/** `POST /v1/chat/completions`. */
export async function answerChat({ loaded, body, signal, sendJson, openEvents }: Exchange): Promise<void> {
  const request = parseBody(chatRequest, body);
  refuseOthers(request, usedFields, harmless);
  checkModel(loaded, request.model);
  const job = await planChat(loaded, request);
  const shape = {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    model: loaded.name,
  };
  const writer = createLogprobsWriter(loaded.model);
  const writeLogprobs = (logprobs: TokenLogprobs[]): unknown => (request.logprobs ? writer.chat(logprobs) : null);

  if (!request.stream) {
    const answers = job.answers.map(() => new CollectedAnswer(job.callsTool));
    const onPiece = (index: number, piece: Piece): void => answers[index]?.push(piece);
    const ends = await generateAll(loaded, job.answers, { onPiece, onEnd: (index) => answers[index]?.end() }, signal);
    const choices = answers.map((answer, index) => ({
      index,
      message: answer.message,
      logprobs: writeLogprobs(answer.logprobs),
      finish_reason: finishReason(ends[index], answer),
    }));
    sendJson(200, {
      ...shape,
      object: 'chat.completion',
      choices,
      usage: countUsage(job.promptTokens, ends, job.answers.length),
    });
    return;
  }

  const events = openEvents();
  const hasUsage = request.stream_options?.include_usage === true;
  const send = async (
    index: number,
    delta: unknown,
    rest: { finish_reason?: string; logprobs?: unknown } = {},
  ): Promise<void> => {
    const choices = [{ index, delta, logprobs: null, finish_reason: null, ...rest }];
    await events.send({ ...shape, object: 'chat.completion.chunk', choices, ...(hasUsage ? { usage: null } : {}) });
  };
  const answers = job.answers.map(() => new StreamedAnswer(job.callsTool));
  const begin = async (index: number): Promise<void> => {
    if (answers[index]?.begin()) await send(index, { role: 'assistant', content: job.callsTool ? null : '', refusal: null });
  };
  const onPiece = async (index: number, piece: Piece): Promise<void> => {
    await begin(index);
    const logprobs = writeLogprobs(piece.logprobs);
    for (const delta of answers[index]?.push(piece) ?? []) await send(index, delta, { logprobs });
  };
  const onEnd = async (index: number, end: GenerationEnd): Promise<void> => {
    await begin(index);
    for (const delta of answers[index]?.end() ?? []) await send(index, delta);
    await send(index, {}, { finish_reason: finishReason(end, answers[index]) });
  };
  const ends = await generateAll(loaded, job.answers, { onPiece, onEnd }, signal);
  if (hasUsage) {
    const usage = countUsage(job.promptTokens, ends, job.answers.length);
    await events.send({ ...shape, object: 'chat.completion.chunk', choices: [], usage });
  }
  events.end();
}

function finishReason(end: GenerationEnd | undefined, answer: { calledTool: boolean } | undefined): string {
  return answer?.calledTool ? 'tool_calls' : (end?.finishReason ?? 'stop');
}

/** An answer that is gathered until it is whole. */
class CollectedAnswer {
  readonly logprobs: TokenLogprobs[] = [];
  readonly #reader: ToolCallReader | undefined;
  #text = '';
  #call: { id?: string; name?: string; arguments: string } = { arguments: '' };

  constructor(callsTool: boolean) {
    this.#reader = callsTool ? new ToolCallReader() : undefined;
  }

  get calledTool(): boolean {
    return this.#reader?.isComplete ?? false;
  }

  get message(): unknown {
    if (!this.#reader) return { role: 'assistant', content: this.#text, refusal: null };
    const { id, name, arguments: values } = this.#call;
    const calls = id === undefined ? [] : [{ id, type: 'function', function: { name, arguments: values } }];
    return { role: 'assistant', content: null, refusal: null, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
  }

  push({ text, logprobs }: Piece): void {
    this.logprobs.push(...logprobs);
    if (this.#reader) this.#add(this.#reader.push(text));
    else this.#text += text;
  }

  end(): void {
    if (this.#reader) this.#add(this.#reader.end());
  }

  #add(deltas: readonly ToolCallDelta[]): void {
    for (const delta of deltas) {
      if (delta.id !== undefined) this.#call.id = delta.id;
      if (delta.function.name !== undefined) this.#call.name = delta.function.name;
      this.#call.arguments += delta.function.arguments;
    }
  }
}

/** An answer that goes out piece by piece, as `delta` objects. */
class StreamedAnswer {
  readonly #reader: ToolCallReader | undefined;
  #hasBegun = false;

  constructor(callsTool: boolean) {
    this.#reader = callsTool ? new ToolCallReader() : undefined;
  }

  get calledTool(): boolean {
    return this.#reader?.isComplete ?? false;
  }

  /** True once. */
  begin(): boolean {
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    return isFirst;
  }

  push({ text }: Piece): unknown[] {
    return this.#reader ? this.#reader.push(text).map(toDelta) : [{ content: text }];
  }

  end(): unknown[] {
    return this.#reader ? this.#reader.end().map(toDelta) : [];
  }
}

function toDelta(call: ToolCallDelta): unknown {
  return { tool_calls: [call] };
}

async function planChat(loaded: LoadedModel, request: ChatRequest): Promise<ChatJob> {
  const { chatTemplate, model } = loaded;
  if (!chatTemplate) {
    const message = `messages: the model ${loaded.name} has no chat template and can only continue text; use /v1/completions`;
    throw new GatewayError('unsupported_parameter', message, { param: 'messages' });
  }
  checkCombinations(request);
  const tools = planTools(request);
  const grammar = await createGrammar(loaded, request, tools);
  if (grammar) refuseWithGrammar(request, tools.forced !== undefined);
  const messages = fitToTemplate(toTemplateMessages(request.messages), tools.tools, chatTemplate.abilities);
  const prompt = encodePrompt(model, chatTemplate.render(messages, chatTemplate.abilities.tools ? tools.tools : []), true);
  const sampling = readSampling(request, loaded);
  const answer = {
    prompt,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    stops: readStops(request.stop),
    grammar,
    topLogprobs: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
    dropsLeadingSpace: model.vocabularyType === loaded.library.LlamaVocabularyType.spm,
  };
  const answers = Array.from({ length: readCount(request.n) }, (_, index) => ({ ...answer, sampling: sampling(index) }));
  return { answers, promptTokens: prompt.length, callsTool: tools.forced !== undefined };
}

/** Rules between fields, which schemas of single fields cannot say. */
function checkCombinations(request: ChatRequest): void {
  const { top_logprobs: top, logprobs, response_format: format } = request;
  if (top !== undefined && top !== null && !logprobs) throw outOfRange('top_logprobs', 'needs "logprobs": true beside it');
  if (format?.type === 'json_schema' && !format.json_schema?.schema) {
    throw outOfRange('response_format.json_schema.schema', 'required for type "json_schema"');
  }
}

async function createGrammar(loaded: LoadedModel, request: ChatRequest, tools: ToolPlan): Promise<LlamaGrammar | undefined> {
  const format = request.response_format;
  if (tools.forced) return await compileGrammar(loaded, toolCallGrammar(tools), 'tools');
  if (format?.type === 'json_object') return await compileGrammar(loaded, new JsonGrammar().build('object'), 'response_format');
  if (format?.type !== 'json_schema') return undefined;
  const grammar = new JsonGrammar();
  const root = grammar.add(format.json_schema?.schema, 'response_format.json_schema.schema');
  return await compileGrammar(loaded, grammar.build(root), 'response_format.json_schema.schema');
}

async function compileGrammar(loaded: LoadedModel, grammar: string, field: string): Promise<LlamaGrammar> {
  try {
    return await loaded.llama.createGrammar({ grammar });
  } catch (cause) {
    const message = `${field}: the engine cannot make a grammar of this; a schema that refers to itself only, or bounds over 2000, are the usual causes`;
    throw new GatewayError('unsupported_parameter', message, { cause, param: field });
  }
}

function refuseWithGrammar(request: ChatRequest, callsTool: boolean): void {
  const reason = callsTool ? 'a forced function call' : 'a response_format';
  const fields = {
    logprobs: request.logprobs === true,
    logit_bias: Object.keys(request.logit_bias ?? {}).length > 0,
    stop: callsTool && readStops(request.stop).length > 0,
    response_format: callsTool && request.response_format !== undefined && request.response_format?.type !== 'text',
  };
  const field = Object.entries(fields).find(([, isSet]) => isSet)?.[0];
  if (field === undefined) return;
  throw new GatewayError('unsupported_parameter', `${field}: this engine cannot combine it with ${reason}`, { param: field });
}
