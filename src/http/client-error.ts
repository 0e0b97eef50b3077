import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { errorHeaders, GatewayError, toEnvelope } from '../errors.ts';

/**
 * Answers what Node's HTTP parser refuses before there is a request (a header flood, a body that never arrives, no HTTP at all) with the
 * same envelope as everything else, and closes the connection.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const failure = toFailure(error);
  const body = JSON.stringify(toEnvelope(failure));
  const headers = {
    ...errorHeaders(failure),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
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
