/**
 * What the supervisor and the engine's child process say to each other over Node's IPC channel. Requests do not travel here: they go over
 * HTTP on loopback. The child exits when the channel closes, so that it never outlives a killed gateway.
 */

/** Supervisor to child, once, as the first message. */
export interface StartMessage {
  type: 'start';
  /** Path of the GGUF file. */
  modelPath: string;
  /** The name that answers carry as `model`. */
  modelName: string;
  contextTokens: number;
  parallel: number;
  /** 0: the child chooses. */
  threads: number;
  maxQueue: number;
  /** Bearer token that every request must carry. */
  token: string;
}

/** Child to supervisor. */
export type ChildMessage =
  /** The model is loaded and the port answers. */
  | { type: 'ready'; port: number; contextTokens: number; hasChatTemplate: boolean }
  /** Sent when one of the figures changes, at most every 100 ms. */
  | { type: 'queue'; waiting: number; running: number }
  /**
   * The child cannot go on (the file is no model, memory is out) and exits with status 1; `message` is for people. `isFinal`: another child
   * would fail in the same way (packages are missing).
   */
  | { type: 'failed'; message: string; isFinal: boolean };
