import type { EventStream } from './event-stream.ts';
import type { LoadedModel } from './loaded-model.ts';

/** One request and the ways to answer it; what routes see of HTTP. */
export interface Exchange {
  loaded: LoadedModel;
  body: Buffer;
  /** Aborts when the client leaves, or when the process has to end (then its reason is the error to answer with). */
  signal: AbortSignal;
  sendJson: (status: number, body: unknown) => void;
  openEvents: () => EventStream;
}
