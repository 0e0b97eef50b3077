import type { ErrorCode } from '../errors.ts';
import type { Usage } from '../wire/usage.ts';
import type { Operation } from '../providers/provider.ts';

/** How much of a limit is left. */
export interface LimitFact {
  limit: number;
  remaining: number;
}

/** What the answer says of limits: the tightest of each kind, and those of the key itself. */
export interface LimitFacts {
  requests: LimitFact | null;
  tokens: LimitFact | null;
  keyRequests: LimitFact | null;
  keyTokens: LimitFact | null;
  /** When all that counts now counts no more. */
  resetMs: number;
}

/** What guardrails did for a request: names and counts, never text. */
export interface GuardSummary {
  /** Names of those that ran. */
  readonly applied: readonly string[];
  readonly findings: readonly { guardrail: string; kind: string; action: string; direction: string; count: number }[];
  /** Failures that let the request pass, by guardrail. */
  readonly failures: ReadonlyMap<string, number>;
}

/** What is remembered of one inference request: filled on its way, read once by the log and the metrics. Holds no text. */
export interface InferenceRecord {
  operation: Operation;
  isStreaming: boolean;
  /** What the client asked for; null until the body was read. */
  originalModel: string | null;
  /** The configured model that was asked, and the one that answered in the end (a fallback may have). */
  requestModel: string | null;
  responseModel: string | null;
  backend: string | null;
  provider: string | null;
  /** Requests that were sent upstream. */
  attempts: number;
  usage: Usage | null;
  finishReason: string | null;
  /** From the arrival of the request to the first bytes of its answer; for streams the time to first token. */
  firstByteMs: number | null;
  /** For how long it waited for a place at a backend. */
  queuedMs: number;
  /** Our own part of the time: until the request was sent upstream, and from the upstream's last byte to ours. */
  overheadMs: number | null;
  /** How a request failed; set also for streams whose status was 200 already. */
  errorCode: ErrorCode | null;
  isClientGone: boolean;
  /** What guardrails did; null where none ran. */
  guard: GuardSummary | null;
  /** SHA-256 of the key; null: the gateway asks for none. */
  keyHash: string | null;
  keyAlias: string | null;
  limits: LimitFacts | null;
  /** The kind of limit that refused the request. */
  refusedBy: 'requests' | 'tokens' | 'parallel' | 'budget' | null;
  /** Once it is settled; null: nothing was used, or the price is not known. */
  costNanoUsd: number | null;
  /** What the key has spent in its period, this request included once it is settled. */
  keySpendNanoUsd: number | null;
  keyMaxBudgetNanoUsd: number | null;
}

export function newRecord(operation: Operation): InferenceRecord {
  return {
    operation,
    isStreaming: false,
    originalModel: null,
    requestModel: null,
    responseModel: null,
    backend: null,
    provider: null,
    attempts: 0,
    usage: null,
    finishReason: null,
    firstByteMs: null,
    queuedMs: 0,
    overheadMs: null,
    errorCode: null,
    isClientGone: false,
    guard: null,
    keyHash: null,
    keyAlias: null,
    limits: null,
    refusedBy: null,
    costNanoUsd: null,
    keySpendNanoUsd: null,
    keyMaxBudgetNanoUsd: null,
  };
}
/** What is told of any request when it is over. */
export interface FinishedRequest {
  requestId: string;
  method: string;
  /** The path without its query, which may hold secrets. */
  path: string;
  /** The pattern of the route, for metrics; null where none matched. */
  route: string | null;
  /** 499 where the client left before there was one. */
  status: number;
  durationMs: number;
  /** How it failed; null where it did not, and for streams that broke off after their status was given (the inference record has those). */
  errorCode: ErrorCode | null;
  /** Set for inference requests. */
  inference: InferenceRecord | null;
}
