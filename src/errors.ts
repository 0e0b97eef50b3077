/** What the catalogue says of one error code. Codes are public and stable; `docs/errors.md` holds the same rows. */
interface CatalogueRow {
  status: number;
  /** The `type` of OpenAI's error envelope. */
  type: string;
  /** Whether another backend, or the same one a little later, may succeed with the very same request. */
  retryable: boolean;
}

/** Every way a request can fail: code -> HTTP status, OpenAI type, whether the gateway may try again. */
export const catalogue = {
  bad_request: { status: 400, type: 'invalid_request_error', retryable: false },
  unsupported_parameter: { status: 400, type: 'invalid_request_error', retryable: false },
  context_length_exceeded: { status: 400, type: 'invalid_request_error', retryable: false },
  content_blocked: { status: 400, type: 'content_policy_violation', retryable: false },
  unauthorized: { status: 401, type: 'auth_error', retryable: false },
  model_access_denied: { status: 403, type: 'key_model_access_denied', retryable: false },
  route_access_denied: { status: 403, type: 'permission_error', retryable: false },
  origin_not_allowed: { status: 403, type: 'permission_error', retryable: false },
  model_not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  method_not_allowed: { status: 405, type: 'invalid_request_error', retryable: false },
  request_timeout: { status: 408, type: 'invalid_request_error', retryable: false },
  request_too_large: { status: 413, type: 'invalid_request_error', retryable: false },
  rate_limit_exceeded: { status: 429, type: 'rate_limit_error', retryable: true },
  budget_exceeded: { status: 429, type: 'budget_exceeded', retryable: false },
  headers_too_large: { status: 431, type: 'invalid_request_error', retryable: false },
  internal_error: { status: 500, type: 'api_error', retryable: false },
  bad_gateway: { status: 502, type: 'api_error', retryable: true },
  service_unavailable: { status: 503, type: 'api_error', retryable: true },
  gateway_timeout: { status: 504, type: 'api_error', retryable: true },
} as const satisfies Record<string, CatalogueRow>;

/** A public error code. */
export type ErrorCode = keyof typeof catalogue;

/** One wrong field of a request: its path in dots and brackets, and what was expected there. */
export interface ErrorDetail {
  field: string;
  message: string;
}

/** An error in another gateway's words; what is left out is as ours. */
export interface CompatibleForm {
  status?: number;
  type?: string;
  message?: string;
  hasNoRetryAfter?: boolean;
}

interface GatewayErrorOptions {
  cause?: unknown;
  /** The request field at fault, as OpenAI's `param`. */
  param?: string;
  /** The envelope's `type` where it is narrower than the catalogue's: `expired_key`, `team_model_access_denied` … */
  type?: string;
  /** Every wrong field, or whatever else helps the caller. */
  details?: ErrorDetail[];
  /** Time after which trying again makes sense. Becomes an integer `Retry-After` of at least 1 second. */
  retryAfterMs?: number;
  /** How the gateway that we stand in for says the same, for clients that depend on its words (`compatibility.litellmErrors`). */
  compatible?: CompatibleForm;
  /** Headers that belong to this error and no other (`Allow`, `x-ratelimit-*`). */
  headers?: Record<string, string>;
}

/**
 * The one error that callers see. The message is for the caller: what was wrong, with which value, what to do; it holds no secret,
 * stack or upstream body. Those go to `cause`, which is only logged.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly type: string;
  readonly details: ErrorDetail[] | undefined;
  readonly retryAfterMs: number | undefined;
  readonly headers: Record<string, string> | undefined;
  readonly compatible: CompatibleForm | undefined;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.param = options.param;
    this.type = options.type ?? catalogue[code].type;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
    this.headers = options.headers;
    this.compatible = options.compatible;
  }

  get status(): number {
    return catalogue[this.code].status;
  }

  get isRetryable(): boolean {
    return catalogue[this.code].retryable;
  }
}

/** OpenAI's error envelope, with the seed contract's `retry_after` (seconds) and `details` beside it. */
export interface ErrorEnvelope {
  error: {
    message: string;
    type: string;
    param: string | null;
    code: ErrorCode;
    retry_after?: number;
    details?: ErrorDetail[];
  };
}

/** Anything thrown, as a `GatewayError`: what is not one already is a defect of ours and tells the caller nothing of itself. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError('internal_error', 'the gateway failed on this request; its log has the cause under the request id', {
    cause: thrown,
  });
}

/** Seconds for `Retry-After`: an integer of at least 1 (RFC 9110, section 10.2.3), or undefined where retrying by time makes no sense. */
export function retryAfterSeconds(error: GatewayError): number | undefined {
  return error.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(error.retryAfterMs / 1000));
}

/** The body of an error answer. */
export function toEnvelope(error: GatewayError): ErrorEnvelope {
  const retryAfter = retryAfterSeconds(error);
  return {
    error: {
      message: error.message,
      type: error.type,
      param: error.param ?? null,
      code: error.code,
      ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
      ...(error.details === undefined ? {} : { details: error.details }),
    },
  };
}

/** The headers of an error answer besides its content type: the error's own, `Retry-After`, and what its code always carries. */
export function errorHeaders(error: GatewayError): Record<string, string> {
  const headers: Record<string, string> = { ...error.headers };
  const retryAfter = retryAfterSeconds(error);
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
  if (error.code === 'unauthorized') headers['www-authenticate'] = 'Bearer';
  if (error.code === 'request_timeout') headers['connection'] = 'close';
  return headers;
}
