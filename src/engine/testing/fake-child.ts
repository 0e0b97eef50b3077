/**
 * Stands in for the engine's child process. How it behaves is the `modelName` it is started with: `serve`, `crash` (exits with 3 when loaded),
 * `hang` (never loads), `deaf` (loads, then answers no request), `refuse` (says that it cannot load), `lack` (says that no
 * other child could), `stubborn` (ignores SIGTERM).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChildMessage, StartMessage } from '../protocol.ts';

function send(message: ChildMessage): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit(0));
process.once('message', (start: StartMessage) => {
  const behaviour = start.modelName;
  process.stdout.write(`process ${process.pid} behaves as ${behaviour}\n`);
  if (behaviour === 'hang') return;
  if (behaviour === 'refuse' || behaviour === 'lack') {
    const isFinal = behaviour === 'lack';
    send({ type: 'failed', message: isFinal ? 'packages are missing' : 'the file is broken', isFinal });
    process.exitCode = 1;
    process.disconnect();
    return;
  }
  if (behaviour === 'stubborn') process.on('SIGTERM', () => process.stdout.write('no\n'));
  const server = createServer((request, response) => {
    if (behaviour !== 'deaf') response.writeHead(request.headers.authorization === `Bearer ${start.token}` ? 200 : 401).end();
  });
  server.listen(0, '127.0.0.1', () => {
    send({ type: 'queue', waiting: 7, running: 1 });
    send({
      type: 'ready',
      port: (server.address() as AddressInfo).port,
      contextTokens: start.contextTokens,
      hasChatTemplate: true,
    });
    if (behaviour === 'crash') setTimeout(() => process.exit(3), 20);
  });
});
