import type { LlamaContextSequence, LlamaGrammar, SequenceEvaluateOptions, Token } from 'node-llama-cpp';
import { GatewayError } from '../../errors.ts';
import type { LoadedModel } from './loaded-model.ts';
import { chooseToken, createRandom, toLogprob, topTokens, type Sampling, type ScoredToken } from './sampling.ts';
import { StopScanner, TokenDecoder } from './text-stream.ts';

/** Tokens of a prompt that are read in one go: between pieces a caller who left is noticed, and other sequences get their turn. */
const pieceTokens = 128;

/** One answer to be generated. */
export interface GenerationRequest {
  prompt: readonly Token[];
  /** Undefined: as many as fit. More than fit is cut to what fits. */
  maxTokens: number | undefined;
  sampling: Sampling;
  stops: readonly string[];
  grammar: LlamaGrammar | undefined;
  /** How many alternatives are reported for each token; undefined: no log probabilities at all. Not possible with a grammar. */
  topLogprobs: number | undefined;
  /** True drops one space at the very beginning: some vocabularies put one before the first word. */
  dropsLeadingSpace: boolean;
  /** True where another answer to the same request was admitted already. */
  isAdmitted: boolean;
}

/** A generated token with its alternatives. `textOffset` counts characters from the beginning of the answer. */
export interface TokenLogprobs extends ScoredToken {
  top: ScoredToken[];
  textOffset: number;
}

/** A piece of an answer. Pieces are never empty. */
export interface Piece {
  text: string;
  logprobs: TokenLogprobs[];
}

/** How a generation ended. */
export interface GenerationEnd {
  finishReason: 'stop' | 'length';
  completionTokens: number;
  /** Prompt tokens that were still in memory from an earlier request. */
  cachedTokens: number;
}

interface GenerationContext {
  signal: AbortSignal;
  /** Awaited before the next token is made, so that a slow reader slows the engine down. */
  onPiece: (piece: Piece) => void | Promise<void>;
}

/**
 * Generates one answer, on the idle sequence that knows most of the prompt; waits in the queue where none is idle.
 * @throws GatewayError `context_length_exceeded`, `service_unavailable` (queue full); the signal's reason, within one token or piece
 */
export async function generate(
  loaded: LoadedModel,
  request: GenerationRequest,
  context: GenerationContext,
): Promise<GenerationEnd> {
  const { prompt } = request;
  checkLength(loaded, prompt.length, { answerTokens: request.maxTokens, param: 'messages' });
  const choose = (idle: readonly LlamaContextSequence[]): LlamaContextSequence | undefined =>
    findLongestPrefix(idle, [...prompt]);
  const { signal } = context;
  return await loaded.sequences.use({ signal, choose, isAdmitted: request.isAdmitted }, async (sequence) => {
    try {
      const cachedTokens = await readPrompt(sequence, prompt, signal);
      const rest = prompt.slice(sequence.nextTokenIndex);
      const end = await writeAnswer(loaded, { sequence, rest }, { ...request, ...context });
      return { ...end, cachedTokens };
    } catch (error) {
      // After a failure of the library nobody knows what the sequence holds.
      if (!signal.aborted) await sequence.clearHistory();
      throw error;
    }
  });
}

/**
 * @param answerTokens what the request asked for with `max_tokens`, or the one that every answer needs
 * @param param the request field that holds the prompt
 * @throws GatewayError `context_length_exceeded` where prompt and answer would not fit together
 */
export function checkLength(
  loaded: LoadedModel,
  promptTokens: number,
  { answerTokens = 1, param }: { answerTokens?: number | undefined; param: string },
): void {
  if (promptTokens + answerTokens <= loaded.contextTokens) return;
  const isPrompt = promptTokens >= loaded.contextTokens;
  throw new GatewayError(
    'context_length_exceeded',
    `${promptTokens} tokens of prompt and ${answerTokens} of answer do not fit the ${loaded.contextTokens} tokens of context of ` +
      `${loaded.name}; ${isPrompt ? 'shorten the prompt' : 'shorten the prompt or lower max_tokens'}`,
    { param },
  );
}

function findLongestPrefix(idle: readonly LlamaContextSequence[], prompt: Token[]): LlamaContextSequence | undefined {
  let best: { sequence: LlamaContextSequence; known: number } | undefined;
  for (const sequence of idle) {
    const known = sequence.compareContextTokens(prompt).firstDifferentIndex;
    // Of those that know the same, the emptiest: what another conversation left stays for its next turn.
    const isBetter =
      best === undefined ||
      known > best.known ||
      (known === best.known && sequence.nextTokenIndex < best.sequence.nextTokenIndex);
    if (isBetter) best = { sequence, known };
  }
  return best?.sequence;
}

/** Brings the sequence to where only the last piece of the prompt is missing. Returns how many tokens it knew before. */
async function readPrompt(sequence: LlamaContextSequence, prompt: readonly Token[], signal: AbortSignal): Promise<number> {
  // Never the last one: evaluating it is what gives the first token of the answer.
  await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
  const cachedTokens = sequence.nextTokenIndex;
  for (let index = cachedTokens; prompt.length - index > pieceTokens; index += pieceTokens) {
    signal.throwIfAborted();
    await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(index, index + pieceTokens));
  }
  signal.throwIfAborted();
  return cachedTokens;
}

async function writeAnswer(
  loaded: LoadedModel,
  { sequence, rest }: { sequence: LlamaContextSequence; rest: Token[] },
  request: GenerationRequest & GenerationContext,
): Promise<Omit<GenerationEnd, 'cachedTokens'>> {
  const { model } = loaded;
  const { signal } = request;
  const limit = Math.min(request.maxTokens ?? Infinity, loaded.contextTokens - request.prompt.length);
  const answer = new AnswerWriter(loaded, request);
  const tokens = chooseTokens(loaded, { sequence, rest }, request);
  let completionTokens = 0;
  for await (const { token, scored } of tokens) {
    signal.throwIfAborted();
    completionTokens++;
    if (model.isEogToken(token)) {
      await answer.end();
      return { finishReason: 'stop', completionTokens };
    }
    await answer.push(token, scored);
    if (answer.isStopped) return { finishReason: 'stop', completionTokens };
    if (completionTokens >= limit) break;
    signal.throwIfAborted();
  }
  await answer.end();
  return { finishReason: answer.isStopped ? 'stop' : 'length', completionTokens };
}

interface ChosenToken {
  token: Token;
  scored: (ScoredToken & { top: ScoredToken[] }) | undefined;
}

/** The tokens of the answer without end, sampled by the library where it can and here where it cannot. */
async function* chooseTokens(
  loaded: LoadedModel,
  { sequence, rest }: { sequence: LlamaContextSequence; rest: Token[] },
  { sampling, grammar, topLogprobs }: GenerationRequest,
): AsyncGenerator<ChosenToken, void> {
  if (topLogprobs === undefined && sampling.logitBias.size === 0) {
    const written: Token[] = [];
    const options = libraryOptions(loaded, sampling, written);
    if (grammar) {
      options.grammarEvaluationState = new loaded.library.LlamaGrammarEvaluationState({ model: loaded.model, grammar });
    }
    for await (const { token } of sequence.evaluateWithMetadata(rest, {}, options)) {
      written.push(token);
      yield { token, scored: undefined };
    }
    return;
  }
  const random = createRandom(sampling.seed);
  const history = new Map<Token, number>();
  // At temperature 0 the library gives the model's own distribution; the token it would take is replaced by ours.
  const raw = sequence.evaluateWithMetadata(rest, { probabilities: true }, { temperature: 0, yieldEogToken: true });
  try {
    for (let step = await raw.next(); !step.done;) {
      const { probabilities } = step.value;
      const token = chooseToken(probabilities, sampling, history, random) ?? step.value.token;
      history.set(token, (history.get(token) ?? 0) + 1);
      const logprob = toLogprob(probabilities.get(token) ?? 0);
      yield {
        token,
        scored: topLogprobs === undefined ? undefined : { token, logprob, top: topTokens(probabilities, topLogprobs) },
      };
      step = await raw.next(token);
    }
  } finally {
    await raw.return();
  }
}

function libraryOptions(loaded: LoadedModel, sampling: Sampling, written: Token[]): SequenceEvaluateOptions {
  const { temperature, topP, seed, frequencyPenalty, presencePenalty } = sampling;
  const options: SequenceEvaluateOptions = { temperature, topP, topK: 0, minP: 0, seed, yieldEogToken: true };
  if (frequencyPenalty === 0 && presencePenalty === 0) return options;
  const maxPunishTokens = loaded.contextTokens;
  options.repeatPenalty = { penalty: 1, frequencyPenalty, presencePenalty, maxPunishTokens, punishTokens: () => written };
  return options;
}

/** Makes pieces of text from tokens and hands them on, each with the log probabilities of the tokens that begin in it. */
class AnswerWriter {
  readonly #decoder: TokenDecoder<Token>;
  readonly #scanner: StopScanner;
  readonly #onPiece: GenerationContext['onPiece'];
  #dropsLeadingSpace: boolean;
  #decodedLength = 0;
  #sentLength = 0;
  #scored: TokenLogprobs[] = [];

  constructor({ model }: LoadedModel, request: GenerationRequest & GenerationContext) {
    this.#decoder = new TokenDecoder((tokens, before) => model.detokenize(tokens, false, before), request.prompt);
    this.#scanner = new StopScanner(request.stops);
    this.#onPiece = request.onPiece;
    this.#dropsLeadingSpace = request.dropsLeadingSpace;
  }

  get isStopped(): boolean {
    return this.#scanner.isStopped;
  }

  async push(token: Token, scored: ChosenToken['scored']): Promise<void> {
    if (scored) this.#scored.push({ ...scored, textOffset: this.#decodedLength });
    await this.#send(this.#scanner.push(this.#decode(this.#decoder.push(token))));
  }

  async end(): Promise<void> {
    await this.#send(this.#scanner.push(this.#decode(this.#decoder.end())) + this.#scanner.end());
  }

  #decode(decoded: string): string {
    let text = decoded;
    if (text !== '' && this.#dropsLeadingSpace) {
      this.#dropsLeadingSpace = false;
      if (text.startsWith(' ')) text = text.slice(1);
    }
    this.#decodedLength += text.length;
    return text;
  }

  async #send(text: string): Promise<void> {
    if (text === '') return;
    this.#sentLength += text.length;
    const count = this.#scored.findIndex(({ textOffset }) => textOffset >= this.#sentLength);
    const logprobs = this.#scored.splice(0, count === -1 ? this.#scored.length : count);
    await this.#onPiece({ text, logprobs });
  }
}
