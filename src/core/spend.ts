import type { Operation } from '../providers/provider.ts';

/** One counter that a request's cost is added to. */
export interface Charge {
  /** The counter, as in `Budget.scope`. */
  scope: string;
  duration: string | null;
  /** The period it was reserved in: a cost never moves into the next. */
  periodEndMs: number | null;
}

/** One row of the ledger: a request that reached a backend. Holds no text. */
export interface SpendRow {
  /** Unique, made by the gateway: replaying a row twice counts it once. */
  id: string;
  /** As the client knows it (`x-request-id`); need not be unique. */
  requestId: string;
  /** Unix milliseconds. */
  startedAtMs: number;
  endedAtMs: number;
  /** From start to the first byte of the answer. */
  firstByteMs: number | null;
  keyHash: string | null;
  keyAlias: string | null;
  userId: string | null;
  teamId: string | null;
  customerId: string | null;
  tags: readonly string[];
  operation: Operation;
  isStreaming: boolean;
  /** Original model: what the client asked for. */
  originalModel: string;
  /** Request model: the configured one. */
  model: string;
  /** Response model: that of the backend that answered. */
  responseModel: string;
  backend: string;
  provider: string;
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
  /** Whether the counts are our own because the upstream gave none. */
  isEstimated: boolean;
  costNanoUsd: number;
  /** Of the answer; 499: the client left before it. */
  httpStatus: number;
  errorCode: string | null;
  ip: string | null;
  charges: readonly Charge[];
}

/** Where rows of the ledger go. Never waits and never throws: what cannot be stored now is kept. */
export interface SpendSink {
  append(row: SpendRow): void;
}
