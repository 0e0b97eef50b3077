/**
 * The contract between the embedded engine and the rest: what the composition root sees of it. The engine itself is a child process that
 * speaks the OpenAI wire on loopback (`child/`); the supervisor (`supervisor.ts`) resolves its model, starts it and keeps it running.
 */

/** Bytes of a model on their way into the cache. `totalBytes` is null where the source does not say. */
export interface DownloadProgress {
  model: string;
  source: string;
  receivedBytes: number;
  totalBytes: number | null;
  bytesPerSecond: number;
}

/** Where a loaded engine listens, and what it can do. */
export interface ReadyEngine {
  /** Base of the OpenAI wire, e.g. `http://127.0.0.1:41234/v1`. A new port after every restart. */
  baseUrl: string;
  /** Bearer token that the child demands, so that nobody else on the machine uses it past the gateway's limits. */
  token: string;
  /** The name of the model that really answers, e.g. `smollm2-135m-instruct`, or `sluice-demo` for the generated one. */
  model: string;
  /** True for the tiny generated model, which wherever it shows is labelled as a demo. */
  isDemo: boolean;
  /** Tokens that prompt and answer of one request may have together. */
  contextTokens: number;
  /** Whether the model carries a chat template; without one only plain completions make sense. */
  hasChatTemplate: boolean;
}

/**
 * The life of the engine. `failed` and `restarting` say why in words for people. What may pass is tried again after `failed`; a model that
 * does not exist and packages that are missing are not.
 */
export type EngineState =
  | { status: 'resolving' }
  | { status: 'downloading'; progress: DownloadProgress }
  | { status: 'loading'; model: string }
  | { status: 'ready'; engine: ReadyEngine }
  | { status: 'restarting'; reason: string; retryAtMs: number }
  | { status: 'failed'; reason: string }
  | { status: 'stopped' };

/** What an operator may set. Everything has a default. */
export interface EngineSettings {
  /** A name from the model table, or a path to a GGUF file. */
  model: string;
  /** Tokens of context for each request that runs at once. */
  contextTokens: number;
  /** Requests that run at once; further ones queue. */
  parallel: number;
  /** Inference threads; 0 lets the engine choose (physical cores, at most 8). */
  threads: number;
  /** Requests that may wait before the engine answers 503. */
  maxQueue: number;
  /** Folder of downloaded models. */
  cacheDirectory: string;
  /** Whether models may be downloaded; false means cache, path or demo only. */
  allowDownload: boolean;
}

/** A supervised engine. */
export interface Engine {
  readonly state: EngineState;
  /** Requests that wait for a free sequence, as the child last reported. */
  readonly queueLength: number;
  /** Called at each change of state, progress included. Returns the way to stop listening. */
  onState(listener: (state: EngineState) => void): () => void;
  /** Stops the child: SIGTERM, then SIGKILL after `graceMs`. Resolves when it is gone. */
  close(graceMs: number): Promise<void>;
}
