import type { Token } from 'node-llama-cpp';
import type { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import { embeddingRequest } from '../../wire/embeddings.ts';
import { parseBody } from '../../wire/parse.ts';
import type { Exchange } from './exchange.ts';
import { checkLength } from './generation.ts';
import type { LoadedModel } from './loaded-model.ts';
import { checkModel, harmlessFields, outOfRange, readToken, refuseOthers } from './request-options.ts';

const usedFields = ['model', 'input', 'encoding_format'];

/** `POST /v1/embeddings`. Vectors have length 1. */
export async function answerEmbeddings({ loaded, body, signal, sendJson }: Exchange): Promise<void> {
  const request = parseBody(embeddingRequest, body);
  if (request.dimensions !== undefined && request.dimensions !== null) {
    const message = `dimensions: the vectors of ${loaded.name} cannot be shortened; leave it out`;
    throw new GatewayError('unsupported_parameter', message, { param: 'dimensions' });
  }
  refuseOthers(request, usedFields, harmlessFields);
  checkModel(loaded, request.model);
  const inputs = readInputs(loaded, request.input);
  for (const input of inputs) checkLength(loaded, input.length + 2, { param: 'input' });

  const { vectors, promptTokens } = await embedAll(loaded, inputs, signal);
  const encode = (vector: number[]): number[] | string =>
    request.encoding_format === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector;
  sendJson(200, {
    object: 'list',
    data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encode(vector) })),
    model: loaded.name,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  });
}

async function embedAll(
  loaded: LoadedModel,
  inputs: readonly Token[][],
  signal: AbortSignal,
): Promise<{ vectors: number[][]; promptTokens: number }> {
  return await loaded.embedders.use({ signal }, async (open) => {
    const context = await open();
    const vectors: number[][] = [];
    let promptTokens = 0;
    for (const input of inputs) {
      signal.throwIfAborted();
      promptTokens += context.calculateInputLength(input);
      const { vector } = await context.getEmbeddingFor(input);
      vectors.push(normalize(vector));
    }
    return { vectors, promptTokens };
  });
}

/** To length 1, and to the precision that both encodings carry. */
function normalize(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => Math.fround(length === 0 ? 0 : value / length));
}

function readInputs({ model }: LoadedModel, input: z.output<typeof embeddingRequest>['input']): Token[][] {
  if (typeof input === 'string') return [model.tokenize(input, false)];
  if (input.every((part) => typeof part === 'number'))
    return [input.map((token, index) => readToken(model, token, `input[${index}]`))];
  return input.map((part, index) => {
    if (typeof part === 'string') return model.tokenize(part, false);
    if (typeof part === 'number') throw outOfRange(`input[${index}]`, 'texts and tokens cannot be mixed');
    return part.map((token, inner) => readToken(model, token, `input[${index}][${inner}]`));
  });
}
