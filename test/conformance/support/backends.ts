import { join } from 'node:path';
import { tinyModelAnswer, writeTinyModel } from '../../../src/engine/tiny-model.ts';
import { answers, freePort, Program } from './process.ts';
import { venvPython } from './venv.ts';

/** What a backend is able to do. What it is not able to do, it must refuse with a 400 that names the field. */
interface Abilities {
  /** Its answer at temperature 0; null where the model is a real one. */
  answer: string | null;
  /** Whether it forces a function call: `tool_choice` "required", or a named one. */
  requiredTool: boolean;
  namedTool: boolean;
  /** Whether the arguments of a forced call obey the function's schema. */
  schemaArguments: boolean;
  /** Whether it gives several answers at once. */
  severalAnswers: boolean;
  logprobs: boolean;
  embeddings: boolean;
}

/** A backend that runs. */
interface RunningBackend {
  /** `engine` and `models` of the gateway's configuration. The first model chats as `tiny`; `tiny-embed` embeds. */
  config: Record<string, unknown>;
  stop(): Promise<void>;
}

/** A kind of backend that the suite runs over. */
export interface BackendKind {
  name: string;
  can: Abilities;
  start(directory: string): Promise<RunningBackend>;
}

/** Tokens of context that every backend gets. */
export const contextTokens = 1024;

/** A model file to use instead of the generated one, for a run by hand. */
const realModel = process.env['CONFORMANCE_MODEL'];

async function modelFile(directory: string): Promise<string> {
  if (realModel !== undefined) return realModel;
  const path = join(directory, 'tiny.gguf');
  await writeTinyModel(path);
  return path;
}

const everything: Abilities = {
  answer: realModel === undefined ? tinyModelAnswer : null,
  requiredTool: true,
  namedTool: true,
  schemaArguments: true,
  severalAnswers: true,
  logprobs: true,
  embeddings: true,
};

const embedded: BackendKind = {
  name: 'embedded',
  can: everything,
  start: async (directory) => ({
    config: {
      engine: { model: await modelFile(directory), threads: 1, parallel: 2, contextTokens },
      models: [
        { name: 'tiny', aliases: ['phi-3-mini'], promptFormat: 'chat', backends: [{ provider: 'embedded' }] },
        { name: 'tiny-embed', backends: [{ provider: 'embedded' }] },
      ],
    },
    stop: async () => undefined,
  }),
};

/** Its server embeds or chats, not both: so there are two of them. A chat model names no pooling, so that it has to be told one. */
const llamaCppPython: BackendKind = {
  name: 'llama-cpp-python',
  can: { ...everything, requiredTool: false, severalAnswers: false },
  start: async (directory) => {
    const python = venvPython('llama-cpp-python');
    const model = await modelFile(directory);
    const serve = async (extra: readonly string[]) => {
      const port = await freePort();
      const fixed = ['--host', '127.0.0.1', '--port', `${port}`, '--n_threads', '1', '--n_ctx', `${contextTokens}`];
      const parameters = ['-m', 'llama_cpp.server', '--model', model, '--model_alias', 'upstream', ...fixed, ...extra] as const;
      const program = new Program('llama-cpp-python', [python, ...parameters]);
      const baseUrl = `http://127.0.0.1:${port}/v1`;
      await program.until('it listens', 60_000, () => answers(`${baseUrl}/models`));
      return { program, backend: { provider: 'llamacpp', baseUrl, model: 'upstream' } };
    };
    const [chat, embed] = await Promise.all([
      serve([]),
      serve(['--embedding', 'true', '--kv_overrides', 'llama.pooling_type=int:1']),
    ]);
    return {
      config: {
        models: [
          { name: 'tiny', aliases: ['phi-3-mini'], contextTokens, backends: [chat.backend] },
          { name: 'tiny-embed', backends: [embed.backend] },
        ],
      },
      stop: async () => void (await Promise.all([chat.program.stop(), embed.program.stop()])),
    };
  },
};

/**
 * The backends of this run. Those that are always there, and for a run by hand whatever `CONFORMANCE_EXTERNAL` describes: JSON with the name, the rows of
 * the configuration and what differs from `everything`, e.g.
 * `{"name":"vllm","can":{"embeddings":false},"models":[{"name":"tiny","backends":[{"provider":"vllm","baseUrl":"http://127.0.0.1:8811/v1","model":"smol"}]}]}`
 */
export function backendKinds(): BackendKind[] {
  const external = process.env['CONFORMANCE_EXTERNAL'];
  if (external === undefined) return [embedded, llamaCppPython];
  const { name, can, models } = JSON.parse(external) as { name: string; can: Partial<Abilities>; models: unknown[] };
  return [
    {
      name,
      can: { ...everything, answer: null, ...can },
      start: async () => ({ config: { models }, stop: async () => undefined }),
    },
  ];
}
