import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { errorHeaders, GatewayError, toEnvelope } from '../errors.ts';
import { traceOf } from './trace.ts';

interface ClientErrorInput {
  newRequestId: () => string;
  /** Told of a request that was refused before it was one. */
  onUnreadable: (error: GatewayError, requestId: string) => void;
}

/**
 * Answers what Node's HTTP parser refuses (a header flood, a body that never arrives, no HTTP at all) with the same envelope as everything
 * else, and closes the connection. Where a request is under way on it, the answer is that request's and shows in its access line; where its
 * answer has begun, nothing can be said any more.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  { newRequestId, onUnreadable }: ClientErrorInput,
): void {
  const response = responseUnderWay(socket);
  if (error.code === 'ECONNRESET' || !socket.writable || response?.headersSent === true) {
    socket.destroy();
    return;
  }
  const failure = toFailure(error);
  if (response !== null) {
    answerRaw(response, failure, traceOf(response)?.headers ?? { 'x-request-id': newRequestId() });
    return;
  }
  refuseSocket(socket, failure, { newRequestId, onUnreadable });
}

/** Writes an error to a connection that has no request to answer, and closes it. */
export function refuseSocket(socket: Duplex, failure: GatewayError, { newRequestId, onUnreadable }: ClientErrorInput): void {
  const requestId = newRequestId();
  const { headers, body } = rawAnswer(failure, { 'x-request-id': requestId });
  onUnreadable(failure, requestId);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`, () =>
    socket.destroy(),
  );
}

/** Writes an error past the framework and lets the connection end with it. */
export function answerRaw(response: ServerResponse, failure: GatewayError, own: Readonly<Record<string, string>>): void {
  const trace = traceOf(response);
  if (trace !== undefined) trace.errorCode = failure.code;
  const { headers, body } = rawAnswer(failure, own);
  response.writeHead(failure.status, headers).end(body);
}

function rawAnswer(failure: GatewayError, own: Readonly<Record<string, string>>) {
  const body = JSON.stringify(toEnvelope(failure));
  const headers = {
    ...own,
    ...errorHeaders(failure),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  return { headers, body };
}

/** The answer that is due on a socket. Node's own handler finds it the same way (lib/_http_server.js, socketOnError). */
function responseUnderWay(socket: Socket & { _httpMessage?: ServerResponse | null }): ServerResponse | null {
  return socket._httpMessage ?? null;
}

function toFailure(error: NodeJS.ErrnoException): GatewayError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError(
        'headers_too_large',
        'the request head is larger than this gateway takes; send fewer or shorter headers',
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('request_timeout', 'the request did not arrive in time; send it faster, or in smaller parts');
    default:
      return new GatewayError('bad_request', 'this is no HTTP/1.1 request', { cause: error });
  }
}
