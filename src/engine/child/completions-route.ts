import { randomUUID } from 'node:crypto';
import type { Token } from 'node-llama-cpp';
import type { z } from 'zod';
import { completionRequest } from '../../wire/completions.ts';
import { parseBody } from '../../wire/parse.ts';
import { countUsage, generateAll } from './answers.ts';
import type { Exchange } from './exchange.ts';
import type { GenerationEnd, Piece, TokenLogprobs } from './generation.ts';
import { checkLength } from './generation.ts';
import { encodePrompt, type LoadedModel } from './loaded-model.ts';
import { createLogprobsWriter } from './logprobs.ts';
import {
  checkModel,
  harmlessFields,
  isOneOf,
  outOfRange,
  readCount,
  readSampling,
  readStops,
  readToken,
  refuseOthers,
} from './request-options.ts';

type CompletionRequest = z.output<typeof completionRequest>;

const usedFields =
  'model prompt max_tokens temperature top_p n stop seed frequency_penalty presence_penalty logit_bias logprobs stream stream_options'.split(
    ' ',
  );
const harmless = { ...harmlessFields, echo: isOneOf(false), suffix: isOneOf(''), best_of: isOneOf(1) };
/** What OpenAI takes where a request to this endpoint does not say. */
const defaultMaxTokens = 16;
const mostAnswers = 64;

/** `POST /v1/completions`. Control tokens spelled in the prompt count as such: the whole prompt is the caller's. */
export async function answerCompletion({ loaded, body, signal, sendJson, openEvents }: Exchange): Promise<void> {
  const request = parseBody(completionRequest, body);
  const count = readCount(request.n);
  refuseOthers(request, usedFields, { ...harmless, best_of: isOneOf(1, count) });
  checkModel(loaded, request.model);
  const prompts = readPrompts(loaded, request.prompt);
  if (prompts.length * count > mostAnswers)
    throw outOfRange('prompt', `prompts times n must be at most ${mostAnswers}, is ${prompts.length * count}`);
  for (const prompt of prompts) {
    checkLength(loaded, prompt.length, { answerTokens: request.max_tokens ?? undefined, param: 'prompt' });
  }
  const promptTokens = prompts.reduce((sum, prompt) => sum + prompt.length, 0);
  const sampling = readSampling(request, loaded);
  const answers = prompts.flatMap((prompt) =>
    Array.from({ length: count }, (_, index) => ({
      prompt,
      // A default is no wish: near the end of the context it is what is left.
      maxTokens: request.max_tokens ?? Math.min(defaultMaxTokens, loaded.contextTokens - prompt.length),
      sampling: sampling(index),
      stops: readStops(request.stop),
      grammar: undefined,
      topLogprobs: request.logprobs ?? undefined,
      dropsLeadingSpace: false,
    })),
  );
  const shape = {
    id: `cmpl-${randomUUID().replaceAll('-', '')}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: loaded.name,
  };
  const writer = createLogprobsWriter(loaded.model);
  const writeLogprobs = (logprobs: TokenLogprobs[]): unknown =>
    typeof request.logprobs === 'number' ? writer.completion(logprobs) : null;

  if (!request.stream) {
    const texts = answers.map(() => ({ text: '', logprobs: [] as TokenLogprobs[] }));
    const onPiece = (index: number, { text, logprobs }: Piece): void => {
      const answer = texts[index];
      if (!answer) return;
      answer.text += text;
      answer.logprobs.push(...logprobs);
    };
    const ends = await generateAll(loaded, answers, { onPiece, onEnd: () => {} }, signal);
    const choices = texts.map(({ text, logprobs }, index) => ({
      index,
      text,
      logprobs: writeLogprobs(logprobs),
      finish_reason: ends[index]?.finishReason ?? 'stop',
    }));
    sendJson(200, { ...shape, choices, usage: countUsage(promptTokens, ends, count) });
    return;
  }

  const events = openEvents();
  const usageField = request.stream_options?.include_usage ? { usage: null } : {};
  const onPiece = async (index: number, { text, logprobs }: Piece): Promise<void> => {
    await events.send({
      ...shape,
      choices: [{ index, text, logprobs: writeLogprobs(logprobs), finish_reason: null }],
      ...usageField,
    });
  };
  const onEnd = async (index: number, end: GenerationEnd): Promise<void> => {
    await events.send({
      ...shape,
      choices: [{ index, text: '', logprobs: null, finish_reason: end.finishReason }],
      ...usageField,
    });
  };
  const ends = await generateAll(loaded, answers, { onPiece, onEnd }, signal);
  if (request.stream_options?.include_usage)
    await events.send({ ...shape, choices: [], usage: countUsage(promptTokens, ends, count) });
  events.end();
}

function readPrompts({ model }: LoadedModel, prompt: CompletionRequest['prompt']): Token[][] {
  if (typeof prompt === 'string') return [encodeText(model, prompt)];
  if (prompt.every((part) => typeof part === 'number'))
    return [prompt.map((token, index) => readToken(model, token, `prompt[${index}]`))];
  return prompt.map((part, index) => {
    if (typeof part === 'string') return encodeText(model, part);
    if (typeof part === 'number') throw outOfRange(`prompt[${index}]`, 'texts and tokens cannot be mixed');
    return part.map((token, inner) => readToken(model, token, `prompt[${index}][${inner}]`));
  });
}

/** An empty prompt is the beginning of a text, for which there has to be a token. */
function encodeText(model: LoadedModel['model'], text: string): Token[] {
  const tokens = encodePrompt(model, [text], true);
  if (tokens.length > 0) return tokens;
  const start = model.tokens.bos ?? model.tokens.eos;
  if (start === null) throw outOfRange('prompt', 'must not be empty for this model');
  return [start];
}
