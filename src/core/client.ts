/** The one who waits for an answer, as the core sees it; HTTP implements it over its raw response. */
export interface Client {
  /** Under which the log knows the request. */
  readonly requestId: string;
  /** True once its connection is closed. */
  readonly isGone: boolean;
  /** Calls `listener` when the connection closes before the answer is complete. One listener at a time: a new one replaces the old. */
  onGone(listener: (() => void) | null): void;
  /** Status 200 and the headers of a stream. After it no other status can be given. */
  startStream(): void;
  /** False when the client reads slower than we write: wait for `onDrain`. */
  write(bytes: Buffer | string): boolean;
  /** Calls `listener` once, when the client has caught up. */
  onDrain(listener: () => void): void;
  end(): void;
  /** Drops the connection of a client that does not read. */
  destroy(): void;
}
