import type { GatewayError } from '../errors.ts';
import type { JsonObject } from '../wire/parse.ts';
import type { Usage } from '../wire/usage.ts';

/** What a client can ask for. */
export type Operation = 'chat' | 'completions' | 'embeddings';

/** What of an upstream's answer is put right before the client sees it, besides the model's name; where nothing applies, bytes pass untouched. */
export type RewriteField = 'id' | 'usage' | 'finish_reason' | 'delta';

/**
 * What a kind of server takes without a word and does not do, or knows by another name only. A client is told, or its request is put in the
 * words that the server knows: nothing is ignored in silence.
 */
export type Quirk =
  | 'ignores-n'
  | 'ignores-required-tool'
  | 'ignores-named-tool'
  | 'ignores-completion-logprobs'
  | 'takes-one-prompt'
  | 'knows-max-tokens-only'
  | 'takes-schema-in-json-object'
  | 'speaks-our-errors';

/** A request in the OpenAI wire, already checked against its schema. */
export interface InferenceRequest {
  operation: Operation;
  body: JsonObject;
  isStreaming: boolean;
  /** Whether the client asked for a usage event at the end of the stream. */
  wantsUsageEvent: boolean;
}

/** One place that serves a model, as its provider sees it. */
export interface Target {
  /** Base URL with its version path and without a slash at the end, e.g. `http://127.0.0.1:8000/v1`. */
  baseUrl: string;
  /** Sent as a bearer token. */
  apiKey: string | null;
  headers: Readonly<Record<string, string>>;
  /** Fields that a request gets where it has none itself. */
  defaults: Readonly<JsonObject>;
  /** The upstream's own name of the model. */
  upstreamModel: string;
  /** The name that answers carry. */
  responseModel: string;
  rewrite: ReadonlySet<RewriteField>;
  /** Context of the model, where it is configured: engines that cut long prompts in silence are caught by it. */
  contextTokens: number | null;
  quirks: ReadonlySet<Quirk>;
}

/** One HTTP request to an upstream. */
export interface UpstreamRequest {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

/** A whole answer of an upstream. Header names are in lower case. */
export interface UpstreamAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** What an upstream answered instead of an answer: the cause of the error that the client sees. Its message is for the log only. */
export class UpstreamRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`upstream answered ${status}: ${message.slice(0, 500)}`);
    this.name = 'UpstreamRefusal';
    this.status = status;
  }
}

/** What both directions need to know of the request while its answer is translated. */
export interface AnswerContext {
  request: InferenceRequest;
  target: Target;
  /** Our own id for the answer, used where the upstream's are not unique. */
  answerId: string;
  /** Tokens of the prompt by our own estimate, for engines that report none. */
  estimatePromptTokens: () => number;
}

/** A whole answer in the OpenAI wire. */
export interface InferenceAnswer {
  /** As it came. A string and not bytes: it was decoded to be read, and Node writes a string together with the head of the answer. */
  text: string;
  /** The parsed body, for whoever has to change it. */
  value: JsonObject;
  /** Whether `value` was changed since `text` was read, so that it has to be written again. */
  isChanged: boolean;
  usage: Usage | null;
}

/** What a decoder has learned of a stream so far. */
export interface StreamFacts {
  usage: Usage | null;
  finishReason: string | null;
  /** Events that carried a piece of the answer; about one a token. */
  outputEvents: number;
  /** Whether the upstream said that the stream is complete. */
  isDone: boolean;
  /** Set when the upstream broke off in words (an error event, an "abort" that nobody asked for). */
  failure: GatewayError | null;
}

/**
 * Translates one stream. Bytes in, bytes for the client out; never blocks. What it returns always consists of whole events, so that a
 * heartbeat may be put between any two of its outputs.
 */
export interface StreamDecoder {
  readonly facts: StreamFacts;
  /** Bytes for the client, or null where there are none yet. Nothing comes after `facts.failure` or `facts.isDone` is set. */
  push(chunk: Buffer): Buffer | string | null;
  /** Called once when the upstream has ended: the last bytes for the client. */
  end(): Buffer | string | null;
}

/** Changes a parsed stream event, or drops it by returning null. */
export type ChunkTransform = (chunk: JsonObject) => JsonObject | null;

/**
 * Looks at the text of one stream before the client gets it, in the upstream's wire and before any `ChunkTransform`: it may change text, hold
 * it back, and let it go later in an event of its own.
 */
export interface StreamFilter {
  /** What goes out in the place of a parsed event, in order; it may be changed in place. @throws GatewayError to break the stream off */
  push(chunk: JsonObject): readonly JsonObject[];
  /**
   * The same for an event that brings nothing but a piece of the first choice's content: what of the text may go out now, without the event
   * being taken apart. @throws GatewayError to break the stream off
   */
  pushContent(text: string): string;
  /** What is still held back, once the upstream has said its last. @throws GatewayError to break the stream off */
  end(): readonly JsonObject[];
}

/** How a kind of engine is asked how many requests wait in it. */
export interface QueueProbe {
  toRequest(target: Target): UpstreamRequest;
  /** 0 where the answer says nothing of it. */
  waitingOf(answer: UpstreamAnswer): number;
}

/** An upstream wire: pure translation, no I/O, no clock, no environment. */
export interface Provider {
  /** Client request to upstream request. @throws GatewayError `unsupported_parameter` for what this wire cannot say */
  toUpstream(request: InferenceRequest, target: Target): UpstreamRequest;
  /** Whole upstream answer to the OpenAI answer. @throws GatewayError `bad_gateway` for what is no answer */
  fromUpstream(answer: UpstreamAnswer, context: AnswerContext): InferenceAnswer;
  /** A decoder for one stream. `transform` and `filter` see every event; without them, events that need nothing pass as bytes. */
  streamDecoder(context: AnswerContext, transform: ChunkTransform | null, filter?: StreamFilter | null): StreamDecoder;
  /** Upstream status and body to one of our codes. Nothing of the body reaches the client but the name of a field it sent. */
  toError(answer: UpstreamAnswer, target: Target): GatewayError;
  /** A cheap request whose answer tells whether the upstream can serve. */
  toHealthCheck(target: Target): UpstreamRequest;
}
