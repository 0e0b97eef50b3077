/**
 * The skeleton: Fastify + undici `dispatch`, a pass-through with no duties (no keys, limits, schema, log, metrics). What it costs is what
 * our stack costs before a gateway does anything; every goal is a ratio to it. `node bench/skeleton.ts PORT UPSTREAM_ORIGIN`
 */
import fastify from 'fastify';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { ServerResponse } from 'node:http';

const [port, upstream] = process.argv.slice(2);
const pool = new Pool(upstream ?? 'http://127.0.0.1:9100');
const app = fastify();

/** Writes the upstream's answer to the client's response, holding the upstream back while the client is slow, and leaving with it. */
function forwardTo(response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      response.on('close', () => {
        if (!response.writableFinished) controller.abort(new Error('the client left'));
      });
      response.on('drain', () => controller.resume());
    },
    onResponseStart(_controller, status, { connection: _connection, 'transfer-encoding': _encoding, ...headers }) {
      response.writeHead(status, headers);
    },
    onResponseData(controller, chunk) {
      if (!response.write(chunk)) controller.pause();
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    },
  };
}

app.post('/v1/chat/completions', (request, reply) => {
  reply.hijack();
  const headers = { 'content-type': 'application/json', authorization: 'Bearer bench' };
  const body = JSON.stringify(request.body);
  pool.dispatch({ method: 'POST', path: '/v1/chat/completions', headers, body }, forwardTo(reply.raw));
});

process.on('SIGTERM', () => process.exit(0));
await app.listen({ port: Number(port), host: '127.0.0.1' });
