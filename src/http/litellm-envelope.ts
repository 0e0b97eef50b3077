import { catalogue, errorHeaders, retryAfterSeconds, toEnvelope, type GatewayError } from '../errors.ts';

/** An error answer. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** An error in our own form. */
export function ownErrorAnswer(error: GatewayError): ErrorAnswer {
  return { status: error.status, headers: errorHeaders(error), body: JSON.stringify(toEnvelope(error)) };
}

/** LiteLLM's seconds for `Retry-After`: always its whole window. */
const windowSeconds = '60';

/**
 * An error as LiteLLM 1.102 gives it, for clients that read its words: the status as text in `code`, its types and statuses where ours differ, and
 * faults of an admin body as FastAPI's `detail`.
 */
export function litellmErrorAnswer(error: GatewayError, path: string): ErrorAnswer {
  const { compatible } = error;
  const headers = errorHeaders(error);
  if (error.code === 'bad_request' && error.details !== undefined && !isInference(path)) {
    const detail = error.details.map(({ field, message }) => ({ type: 'value_error', loc: ['body', field], msg: message }));
    return { status: 422, headers, body: JSON.stringify({ detail }) };
  }
  if (error.code === 'not_found' || error.code === 'method_not_allowed') {
    const detail = error.code === 'not_found' ? 'Not Found' : 'Method Not Allowed';
    return { status: error.status, headers, body: JSON.stringify({ detail }) };
  }
  const isBackendless = error.code === 'service_unavailable' && isInference(path) && error.type === catalogue[error.code].type;
  const status = compatible?.status ?? (isBackendless ? 429 : error.status);
  if (compatible?.hasNoRetryAfter) delete headers['retry-after'];
  else if (error.code === 'rate_limit_exceeded' && retryAfterSeconds(error) !== undefined) headers['retry-after'] = windowSeconds;
  const details = error.code === 'content_blocked' ? { error: error.message, pattern: error.details?.[0]?.message } : null;
  const body = {
    error: {
      message: details ?? compatible?.message ?? error.message,
      type: compatible?.type ?? error.type,
      param: error.param ?? null,
      code: String(status),
    },
  };
  return { status, headers, body: JSON.stringify(body) };
}

function isInference(path: string): boolean {
  return /\/(completions|embeddings)$/.test(path);
}
