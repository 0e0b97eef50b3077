/**
 * How an exchange failed:
 * - `unreachable`: no connection (refused, no such host, TLS, connect timeout); the upstream saw nothing of the request
 * - `closed`: the upstream closed the connection before it answered
 * - `cut`: it closed or broke the protocol in the middle of its answer
 * - `timeout`, `too-large`: our own limits
 * - `aborted`: we gave up
 */
export type TransportFailure = 'unreachable' | 'closed' | 'cut' | 'timeout' | 'too-large' | 'aborted';

const unreachableCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
  'UND_ERR_INVALID_ARG',
]);

/** A failed exchange. Its message is for the log: it may name hosts and ports. */
export class TransportError extends Error {
  readonly failure: TransportFailure;
  /** Host and port of the proxy that was in between. */
  readonly proxy: string | undefined;

  constructor(failure: TransportFailure, message: string, cause?: unknown, proxy?: string) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TransportError';
    this.failure = failure;
    this.proxy = proxy;
  }

  /** What undici or a socket reported, by what it means for the caller. */
  static from(cause: Error, hasHeaders: boolean, proxy?: string): TransportError {
    if (cause instanceof TransportError) return cause;
    const code = 'code' in cause ? String(cause.code) : '';
    if (hasHeaders) return new TransportError('cut', `the answer broke off: ${cause.message}`, cause, proxy);
    const isUnreachable =
      cause.message.startsWith('Proxy ') ||
      unreachableCodes.has(code) ||
      code.startsWith('ERR_TLS') ||
      code.includes('CERT') ||
      cause instanceof AggregateError;
    const where = proxy === undefined ? '' : ` through the proxy ${proxy}`;
    return isUnreachable
      ? new TransportError('unreachable', `no connection${where}: ${code} ${cause.message}`, cause, proxy)
      : new TransportError('closed', `closed without an answer${where}: ${code} ${cause.message}`, cause, proxy);
  }
}
