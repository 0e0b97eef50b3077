import type { LlamaGrammar } from 'node-llama-cpp';
import type { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import type { chatRequest } from '../../wire/chat.ts';
import { fitToTemplate, toTemplateMessages } from './chat-messages.ts';
import type { GenerationRequest } from './generation.ts';
import { JsonGrammar } from './json-grammar.ts';
import { encodePrompt, type LoadedModel } from './loaded-model.ts';
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
import { planTools, toolCallGrammar, type ToolPlan } from './tool-calls.ts';

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

/** A chat request, understood: what to generate, and how to read it. */
export interface ChatPlan {
  answers: Omit<GenerationRequest, 'isAdmitted'>[];
  promptTokens: number;
  toolMode: ToolPlan['mode'];
}

/** @throws GatewayError `unsupported_parameter`, `bad_request`, `model_not_found` */
export async function planChat(loaded: LoadedModel, request: ChatRequest): Promise<ChatPlan> {
  refuseOthers(request, usedFields, harmless);
  checkModel(loaded, request.model);
  const { chatTemplate, model } = loaded;
  if (!chatTemplate) {
    const message = `messages: the model ${loaded.name} has no chat template and can only continue text; use /v1/completions`;
    throw new GatewayError('unsupported_parameter', message, { param: 'messages' });
  }
  checkCombinations(request);
  const tools = planTools(request, chatTemplate.abilities);
  const messages = fitToTemplate(toTemplateMessages(request.messages), tools.told, chatTemplate.abilities);
  const grammar = await createGrammar(loaded, request, tools);
  if (grammar) refuseWithGrammar(request, tools);
  const prompt = encodePrompt(model, chatTemplate.render(messages, tools.told), true);
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
  return { answers, promptTokens: prompt.length, toolMode: tools.mode };
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
  if (tools.mode !== 'none') return await compileGrammar(loaded, toolCallGrammar(tools), 'tools');
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
    const message = `${field}: the engine cannot make a grammar of this; a definition that is nothing but a reference to itself is the usual cause`;
    throw new GatewayError('unsupported_parameter', message, { cause, param: field });
  }
}

/** A grammar leaves no room for these, or they would break what it promises. */
function refuseWithGrammar(request: ChatRequest, { mode }: ToolPlan): void {
  const usesTools = mode !== 'none';
  const fields = {
    logprobs: request.logprobs === true,
    logit_bias: Object.keys(request.logit_bias ?? {}).length > 0,
    stop: usesTools && readStops(request.stop).length > 0,
    response_format: usesTools && (request.response_format?.type ?? 'text') !== 'text',
  };
  const field = Object.entries(fields).find(([, isSet]) => isSet)?.[0];
  if (field === undefined) return;
  const other = usesTools ? 'functions that may be called' : 'a response_format';
  throw new GatewayError('unsupported_parameter', `${field}: this engine cannot combine it with ${other}`, { param: field });
}
