import { GatewayError, type ErrorDetail } from '../../errors.ts';
import { isObject } from '../../wire/parse.ts';
import { UpstreamRefusal, type Target, type UpstreamAnswer } from '../provider.ts';

/** What can be read of an upstream's error body, in any of the shapes met: OpenAI's envelope, a bare string, FastAPI's `detail`, text. */
interface UpstreamComplaint {
  message: string;
  param: string | null;
  code: string | null;
  details?: unknown;
}

const longestRetryAfterMs = 10 * 60 * 1000;
const contextWords =
  /context.{0,3}(length|window|size)|maximum context|max_model_len|\bn_ctx\b|prompt is too long|too many tokens|exceeds? .{0,40}context|input_tokens/i;

/** Maps what an upstream answered instead of an answer. The upstream's own words stay in the cause, for the log. */
export function toError(answer: UpstreamAnswer, target: Target): GatewayError {
  const complaint = readComplaint(answer.body);
  const cause = new UpstreamRefusal(answer.status, complaint.message);
  return fromComplaint(complaint, target, {
    status: answer.status,
    cause,
    retryAfterMs: readRetryAfter(answer.headers['retry-after']),
  });
}

/** An error event inside a stream, as one of our codes. Streams carry no status, so it is guessed from the body's code and words. */
export function fromErrorEvent(value: unknown, target: Target): GatewayError {
  const complaint = describe(value);
  const code = Number(complaint.code);
  const status = code >= 400 && code < 600 ? code : 502;
  const cause = new UpstreamRefusal(status, complaint.message);
  return fromComplaint(complaint, target, {
    status: status >= 400 && status < 600 ? status : 502,
    cause,
    retryAfterMs: undefined,
  });
}

interface Circumstances {
  status: number;
  cause: Error;
  retryAfterMs: number | undefined;
}

function fromComplaint(
  complaint: UpstreamComplaint,
  target: Target,
  { status, cause, retryAfterMs }: Circumstances,
): GatewayError {
  const model = target.responseModel;
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status >= 400 && status < 500 && target.quirks.has('speaks-our-errors')) {
    const own = ownError(complaint, cause);
    if (own !== null) return own;
  }
  if (status === 400 || status === 422 || status === 413) {
    if (complaint.code === 'context_length_exceeded' || contextWords.test(`${complaint.message} ${complaint.param ?? ''}`)) {
      const size = target.contextTokens === null ? '' : ` of ${target.contextTokens} tokens`;
      return new GatewayError(
        'context_length_exceeded',
        `prompt and max_tokens do not fit the context${size} of model "${model}"; shorten the prompt or lower max_tokens`,
        { cause, param: 'messages' },
      );
    }
    if (status === 413) {
      return new GatewayError('request_too_large', `the engine of model "${model}" refuses a body of this size; send less`, {
        cause,
      });
    }
    return refusal(complaint, model, cause);
  }
  if (status === 401 || status === 403) {
    return new GatewayError(
      'bad_gateway',
      `the backend of model "${model}" refuses this gateway's credentials; its operator must mend its apiKey`,
      { cause },
    );
  }
  if (status === 404 || status === 405 || status === 501) {
    return new GatewayError(
      'bad_gateway',
      `the backend of model "${model}" does not serve this model or this kind of request; its operator must check baseUrl and model`,
      { cause },
    );
  }
  if (status === 429) {
    return new GatewayError(
      'rate_limit_exceeded',
      `the backend of model "${model}" is over its own rate limit; try again later`,
      {
        cause,
        retryAfterMs: retryAfterMs ?? 5_000,
      },
    );
  }
  if (status === 503 || status === 529) {
    return new GatewayError('service_unavailable', `the engine of model "${model}" is loading or overloaded; try again`, {
      cause,
      retryAfterMs: retryAfterMs ?? 5_000,
    });
  }
  if (status === 408 || status === 504) {
    return new GatewayError('gateway_timeout', `the backend of model "${model}" did not answer in time`, { cause, ...retry });
  }
  return new GatewayError('bad_gateway', `the backend of model "${model}" failed (${status}); try again`, { cause, ...retry });
}

/**
 * The error of an upstream that is ours (the embedded engine, another Sluice), about the request: its words were written for the caller.
 * What is about the upstream itself (its keys, its models) stays for the mapping of all others.
 */
function ownError({ message, param, code, details }: UpstreamComplaint, cause: Error): GatewayError | null {
  if (code !== 'bad_request' && code !== 'unsupported_parameter' && code !== 'context_length_exceeded') return null;
  return new GatewayError(code, message, {
    cause,
    ...(param === null ? {} : { param }),
    ...(Array.isArray(details) ? { details: details.filter(isDetail) } : {}),
  });
}

function isDetail(value: unknown): value is ErrorDetail {
  return isObject(value) && typeof value['field'] === 'string' && typeof value['message'] === 'string';
}

/** A 400 of the upstream for a request that our own schema found good: something that this engine or model cannot do. */
function refusal(complaint: UpstreamComplaint, model: string, cause: Error): GatewayError {
  const param = complaint.param?.replace(/^body\./, '');
  const field =
    param !== undefined && /^[a-z_][a-z0-9_]*(\.[a-z0-9_]+|\[\d+\])*$/.test(param) ? param : fieldIn(complaint.message);
  const about = field === undefined ? 'something in this request' : `"${field}" as it stands in this request`;
  return new GatewayError('bad_request', `the engine of model "${model}" refuses ${about}; leave it out or change it`, {
    cause,
    ...(field === undefined ? {} : { param: field, details: [{ field, message: 'refused by the engine' }] }),
  });
}

const nameable = [
  'tools',
  'tool_choice',
  'response_format',
  'logprobs',
  'top_logprobs',
  'max_tokens',
  'temperature',
  'top_p',
  'stop',
  'images',
  'n',
];

function fieldIn(message: string): string | undefined {
  return nameable.find((field) => new RegExp(`(^|[^a-z_])${field}([^a-z_]|$)`, 'i').test(message));
}

function readComplaint(body: Buffer): UpstreamComplaint {
  const text = body.toString('utf8', 0, 64 * 1024);
  try {
    return describe(JSON.parse(text));
  } catch {
    // No JSON: a text page is all the upstream said.
    return { message: text.trim(), param: null, code: null };
  }
}

function describe(value: unknown): UpstreamComplaint {
  if (!isObject(value)) return { message: String(value), param: null, code: null };
  const error = value['error'] ?? value['detail'] ?? value['message'] ?? value;
  if (!isObject(error)) return { message: typeof error === 'string' ? error : JSON.stringify(error), param: null, code: null };
  return {
    message: typeof error['message'] === 'string' ? error['message'] : JSON.stringify(error),
    param: typeof error['param'] === 'string' ? error['param'] : null,
    code: typeof error['code'] === 'string' || typeof error['code'] === 'number' ? String(error['code']) : null,
    details: error['details'],
  };
}

/** `Retry-After` in milliseconds: seconds or an HTTP date, within reason. */
export function readRetryAfter(value: string | string[] | undefined, now = Date.now()): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestRetryAfterMs) : undefined;
}
