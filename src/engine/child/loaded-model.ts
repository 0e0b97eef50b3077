import { basename } from 'node:path';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaEmbeddingContext, LlamaModel, Token } from 'node-llama-cpp';
import type { StartMessage } from '../protocol.ts';
import { ChatTemplate } from './chat-template.ts';
import { Pool } from './pool.ts';

type Library = typeof import('node-llama-cpp');

/** A model in memory, ready to answer. */
export interface LoadedModel {
  /** The name that answers carry. */
  readonly name: string;
  readonly library: Library;
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  /** Tokens that prompt and answer of one request may have together. */
  readonly contextTokens: number;
  readonly sequences: Pool<LlamaContextSequence>;
  /** The one context for embeddings, made when it is first used. */
  readonly embedders: Pool<() => Promise<LlamaEmbeddingContext>>;
  /** Undefined where the model file has none. */
  readonly chatTemplate: ChatTemplate | undefined;
}

/** Text as tokens, with the token that the model wants at the beginning of everything. `special` reads control tokens in the text as such. */
export function encodePrompt(model: LlamaModel, pieces: readonly string[], special: boolean): Token[] {
  const tokens = pieces.flatMap((piece) => model.tokenize(piece, special));
  const { bos, shouldPrependBosToken } = model.tokens;
  return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens;
}

/**
 * How many threads the engine takes where nobody said: the physical cores but one, at most eight. llama.cpp's threads spin while they wait
 * for each other, so that one core too many that is busy elsewhere makes a token take seconds instead of milliseconds.
 */
function chooseThreads(llama: Llama, wanted: number): number {
  return wanted > 0 ? wanted : Math.max(1, Math.min(8, llama.cpuMathCores - 1));
}

/**
 * Loads the library and the model.
 * @throws Error whose message tells people what is wrong and what to do
 */
export async function loadModel(start: StartMessage, onQueueChange: () => void): Promise<LoadedModel> {
  const { library, Template } = await importLibraries();
  const llama = await library
    .getLlama({ gpu: false, build: 'never', progressLogs: false, logLevel: library.LlamaLogLevel.error, logger: logToStderr })
    .catch((cause: unknown) => {
      throw new Error(
        `llama.cpp has no prebuilt binary that runs on this machine (${process.platform} ${process.arch}): ${wordsOf(cause)}`,
        {
          cause,
        },
      );
    });
  const threads = chooseThreads(llama, start.threads);
  llama.maxThreads = threads;
  try {
    const model = await llama.loadModel({ modelPath: start.modelPath });
    const contextTokens = Math.min(start.contextTokens, model.trainContextSize);
    // With the short cache of sliding windows no prefix could be reused: the library would read all of it again, and in one go.
    const context = await model.createContext({
      sequences: start.parallel,
      contextSize: contextTokens,
      threads,
      swaFullCache: true,
    });
    const sequences = Array.from({ length: start.parallel }, () => context.getSequence());
    let embedding: Promise<LlamaEmbeddingContext> | undefined;
    const embedder = (): Promise<LlamaEmbeddingContext> =>
      (embedding ??= model.createEmbeddingContext({ contextSize: contextTokens, threads }));
    return {
      name: start.modelName,
      library,
      llama,
      model,
      context,
      contextTokens,
      sequences: new Pool(sequences, start.maxQueue, onQueueChange),
      embedders: new Pool([embedder], start.maxQueue, onQueueChange),
      chatTemplate: ChatTemplate.of(Template, model),
    };
  } catch (cause) {
    throw new Error(`cannot load the model file ${basename(start.modelPath)}: ${wordsOf(cause)}`, { cause });
  }
}

async function importLibraries(): Promise<{ library: Library; Template: typeof import('@huggingface/jinja').Template }> {
  try {
    const [library, jinja] = await Promise.all([import('node-llama-cpp'), import('@huggingface/jinja')]);
    return { library, Template: jinja.Template };
  } catch (cause) {
    throw new Error(
      'the embedded engine needs the optional packages node-llama-cpp and @huggingface/jinja; ' +
        'install them with `npm install --include=optional`, or configure a backend that runs elsewhere',
      { cause },
    );
  }
}

function logToStderr(_level: unknown, message: string): void {
  process.stderr.write(`llama.cpp: ${message.trimEnd()}\n`);
}

function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
