import type { Socket } from 'node:net';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { errorHeaders, GatewayError, toEnvelope } from '../errors.ts';
import { traceOf } from './trace.ts';

/**
 * Answers what Node's HTTP parser refuses (a header flood, a body that never arrives, no HTTP at all) with the same envelope as everything
 * else, and closes the connection. Where a request is under way on it, the answer is that request's and shows in its access line; where its
 * answer has begun, nothing can be said any more.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, newRequestId: () => string): void {
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
  const { headers, body } = rawAnswer(failure, { 'x-request-id': newRequestId() });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** Writes an error past the framework and lets the connection end with it. */
export function answerRaw(response: ServerResponse, failure: GatewayError, own: Readonly<Record<string, string>>): void {
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
