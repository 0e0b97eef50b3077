import { GatewayError } from '../errors.ts';
import { TransportError } from '../transport/transport-error.ts';

/** The time that an attempt has. */
export interface Deadline {
  /** From now on. */
  leftMs: number;
  /** From when it began to wait for its backend: what callers are told. */
  timeoutMs: number;
}

/** What a failed exchange means for the client. Where the connection never stood or gave no answer the engine is down: 503. */
export function fromTransport(error: TransportError, model: string, timeoutMs: number): GatewayError {
  switch (error.failure) {
    case 'unreachable':
      return new GatewayError('service_unavailable', `the backend of model "${model}" cannot be reached; try again`, {
        cause: error,
        retryAfterMs: 2_000,
      });
    case 'closed':
      return new GatewayError(
        'service_unavailable',
        `the engine of model "${model}" closed the connection without an answer; try again`,
        {
          cause: error,
          retryAfterMs: 2_000,
        },
      );
    case 'timeout':
      return deadlinePassed(model, timeoutMs, error);
    case 'cut':
      return new GatewayError('bad_gateway', `the answer of model "${model}" broke off; try again`, { cause: error });
    case 'too-large':
      return new GatewayError('bad_gateway', `the answer of model "${model}" is larger than the gateway takes`, { cause: error });
    case 'aborted':
      return new GatewayError('internal_error', 'the request was given up', { cause: error });
  }
}

/** The deadline of a request, or of a stream's first token. */
export function deadlinePassed(model: string, timeoutMs: number, cause?: unknown): GatewayError {
  return new GatewayError(
    'gateway_timeout',
    `model "${model}" gave no answer within ${formatSeconds(timeoutMs)}; ask for less, stream, or raise timeoutMs of the model`,
    { cause },
  );
}

/** The pause limit of a stream. */
export function pauseTooLong(model: string, idleMs: number): GatewayError {
  return new GatewayError('gateway_timeout', `model "${model}" paused for more than ${formatSeconds(idleMs)} within its answer`);
}

function formatSeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
