import { asNumber, asText, isRecord } from '../json.ts';
import { parseRetryAfter } from './retry-after.ts';

/** What a failure means to the person at the page; each kind has its own words and its own way out. */
export type FailureKind =
  | 'unauthorized'
  | 'forbidden'
  | 'model-not-found'
  | 'rate-limited'
  | 'over-budget'
  | 'unavailable'
  | 'timeout'
  | 'network'
  | 'interrupted'
  | 'refused'
  | 'gateway';

/** Why there is no answer, or only a part of one. Plain data, so that it outlives a reload. */
export interface Failure {
  kind: FailureKind;
  /** The server's own words where it had some. Shown as text, never as markup. */
  message: string;
  code?: string;
  /** When trying again makes sense, in milliseconds since 1970. */
  retryAtMs?: number;
  requestId?: string;
}

/** Carries a `Failure` through code that throws. */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.failure = failure;
  }
}

function kindOf(status: number, code: string | undefined): FailureKind {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404 && code === 'model_not_found') return 'model-not-found';
  if (status === 429) return code === 'budget_exceeded' ? 'over-budget' : 'rate-limited';
  if (status === 503) return 'unavailable';
  if (status === 408 || status === 504) return 'timeout';
  return status < 500 ? 'refused' : 'gateway';
}

interface ErrorFields {
  message?: string;
  code?: string;
  retryAfterSeconds?: number;
}

/** Reads `{"error": {…}}` and `{"error": "text"}`, which some engines send. */
function readEnvelope(body: unknown): ErrorFields {
  const error = isRecord(body) ? body['error'] : undefined;
  if (typeof error === 'string') return { message: error };
  if (!isRecord(error)) return {};
  const message = asText(error['message']);
  const code = asText(error['code']);
  const retryAfterSeconds = asNumber(error['retry_after']);
  return {
    ...(message && { message }),
    ...(code && { code }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** What an error answer means. `body` is the parsed JSON, or undefined where there was none (a proxy's own error page). */
export function failureOfResponse(response: Pick<Response, 'status' | 'headers'>, body: unknown, nowMs: number): Failure {
  const { message, code, retryAfterSeconds } = readEnvelope(body);
  // Other origins may not read the header; the gateway says the same in the body.
  const waitMs =
    parseRetryAfter(response.headers.get('retry-after'), nowMs) ??
    (retryAfterSeconds === undefined ? undefined : Math.max(0, retryAfterSeconds * 1000));
  const requestId = response.headers.get('x-request-id');
  return {
    kind: kindOf(response.status, code),
    message: message ?? `The server answered with status ${response.status} and no explanation.`,
    ...(code && { code }),
    ...(waitMs !== undefined && { retryAtMs: nowMs + waitMs }),
    ...(requestId && { requestId }),
  };
}

/** The failure in one event of a stream, or undefined if the event is not `{"error": …}`. */
export function failureOfEvent(event: unknown): Failure | undefined {
  if (!isRecord(event) || event['error'] === undefined || event['error'] === null) return undefined;
  const { message, code } = readEnvelope(event);
  return { kind: 'interrupted', message: message ?? 'The server stopped the answer and did not say why.', ...(code && { code }) };
}
