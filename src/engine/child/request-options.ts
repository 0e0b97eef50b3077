import { randomInt } from 'node:crypto';
import type { LlamaModel, Token } from 'node-llama-cpp';
import type { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import type { samplingFields } from '../../wire/sampling.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { Sampling } from './sampling.ts';

type SamplingFields = { [Field in keyof typeof samplingFields]?: z.output<(typeof samplingFields)[Field]> };

const mostStops = 4;
const mostAnswers = 8;

/** Says of a field whether this value of it changes nothing here. */
export type Harmless = (value: unknown) => boolean;

export const isAnything: Harmless = () => true;

export function isOneOf(...values: unknown[]): Harmless {
  return (value) => values.includes(value);
}

/** Fields that both forms of completion may carry without effect on an answer. */
export const harmlessFields: Record<string, Harmless> = {
  user: isAnything,
  metadata: isAnything,
  safety_identifier: isAnything,
  prompt_cache_key: isAnything,
  store: isOneOf(false),
  service_tier: isOneOf('auto', 'default'),
};

/**
 * Refuses every field that is neither used nor harmless, so that nothing is ignored in silence.
 * @throws GatewayError `unsupported_parameter`, naming the first one
 */
export function refuseOthers(body: Record<string, unknown>, used: readonly string[], harmless: Record<string, Harmless>): void {
  for (const [field, value] of Object.entries(body)) {
    if (value === null || value === undefined || used.includes(field)) continue;
    const isHarmless = Object.hasOwn(harmless, field) ? harmless[field]?.(value) : undefined;
    if (isHarmless) continue;
    const words =
      isHarmless === undefined ? 'this engine does not know it; leave it out' : 'this engine cannot do that; leave it out';
    throw new GatewayError('unsupported_parameter', `${field}: ${words}`, { param: field });
  }
}

/** @throws GatewayError `model_not_found` */
export function checkModel(loaded: LoadedModel, model: string): void {
  if (model === loaded.name) return;
  throw new GatewayError('model_not_found', `the model "${model}" does not exist here; this engine serves "${loaded.name}"`, {
    param: 'model',
  });
}

/** The stop strings of a request. @throws GatewayError `bad_request` for more than four */
export function readStops(stop: SamplingFields['stop']): string[] {
  const stops = typeof stop === 'string' ? [stop] : (stop ?? []);
  if (stops.length > mostStops) throw outOfRange('stop', `must have at most ${mostStops} strings, has ${stops.length}`);
  return stops.filter((text) => text !== '');
}

/** How many answers are wanted. @throws GatewayError `unsupported_parameter` for more than eight */
export function readCount(count: SamplingFields['n']): number {
  if ((count ?? 1) <= mostAnswers) return count ?? 1;
  throw new GatewayError('unsupported_parameter', `n: this engine gives at most ${mostAnswers} answers at once, not ${count}`, {
    param: 'n',
  });
}

/** How tokens are chosen; `index` counts the answers of a request, each of which has its own seed. OpenAI's defaults. */
export function readSampling(fields: SamplingFields, loaded: LoadedModel): (index: number) => Sampling {
  const firstSeed =
    fields.seed === null || fields.seed === undefined ? randomInt(2 ** 32) : Number(BigInt.asUintN(32, BigInt(fields.seed)));
  const sampling = {
    temperature: fields.temperature ?? 1,
    topP: fields.top_p ?? 1,
    frequencyPenalty: fields.frequency_penalty ?? 0,
    presencePenalty: fields.presence_penalty ?? 0,
    logitBias: readLogitBias(fields.logit_bias, loaded),
  };
  // llama.cpp takes the greatest 32-bit number for "any seed".
  return (index) => ({ ...sampling, seed: (firstSeed + index) % (2 ** 32 - 1) });
}

function readLogitBias(bias: SamplingFields['logit_bias'], { model }: LoadedModel): Sampling['logitBias'] {
  const entries = Object.entries(bias ?? {}).map(
    ([key, value]) => [readToken(model, /^\d+$/.test(key) ? Number(key) : -1, `logit_bias.${key}`), value] as const,
  );
  return new Map(entries);
}

/** A number of the wire as a token. @throws GatewayError `bad_request` where the model has no such token */
export function readToken(model: LlamaModel, value: number, field: string): Token {
  const size = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
  if (Number.isInteger(value) && value >= 0 && value < size) return value as Token;
  throw outOfRange(field, `must be a token of the model, an integer from 0 to ${size - 1}`);
}

export function outOfRange(field: string, message: string): GatewayError {
  return new GatewayError('bad_request', `${field}: ${message}`, { param: field, details: [{ field, message }] });
}
