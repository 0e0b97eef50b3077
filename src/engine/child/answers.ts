import { generate, type GenerationEnd, type GenerationRequest, type Piece } from './generation.ts';
import type { LoadedModel } from './loaded-model.ts';

/** Takes the pieces of the answers as they come. `index` is the answer's own. */
export interface AnswerSink {
  onPiece: (index: number, piece: Piece) => void | Promise<void>;
  onEnd: (index: number, end: GenerationEnd) => void | Promise<void>;
}

/**
 * Generates all answers to one request, as many at once as there is room. When one fails the others stop.
 * @throws whatever failed first, when all have stopped
 */
export async function generateAll(
  loaded: LoadedModel,
  requests: readonly Omit<GenerationRequest, 'isAdmitted'>[],
  sink: AnswerSink,
  signal: AbortSignal,
): Promise<GenerationEnd[]> {
  const failure = new AbortController();
  const anySignal = AbortSignal.any([signal, failure.signal]);
  const run = async (request: Omit<GenerationRequest, 'isAdmitted'>, index: number): Promise<GenerationEnd> => {
    try {
      const onPiece = (piece: Piece): void | Promise<void> => sink.onPiece(index, piece);
      const end = await generate(loaded, { ...request, isAdmitted: index > 0 }, { signal: anySignal, onPiece });
      await sink.onEnd(index, end);
      return end;
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  };
  const settled = await Promise.allSettled(requests.map(run));
  anySignal.throwIfAborted();
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** Token counts of a request, as OpenAI has them: a prompt counts once, however many answers it gets. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
}

/** @param answersPerPrompt the answers stand prompt by prompt; of each prompt the first one says what was cached */
export function countUsage(promptTokens: number, ends: readonly GenerationEnd[], answersPerPrompt: number): Usage {
  const completionTokens = ends.reduce((sum, end) => sum + end.completionTokens, 0);
  const cachedTokens = ends.filter((_, index) => index % answersPerPrompt === 0).reduce((sum, end) => sum + end.cachedTokens, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
