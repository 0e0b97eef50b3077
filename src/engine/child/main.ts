/** The engine's child process. Started by the supervisor with an IPC channel; `protocol.ts` says what travels on it. */
import { GatewayError } from '../../errors.ts';
import { codeOf, messageOf } from '../model-error.ts';
import type { ChildMessage, StartMessage } from '../protocol.ts';
import { loadModel, type LoadedModel } from './loaded-model.ts';
import { countQueue, createEngineServer } from './server.ts';

const queueReportMs = 100;
/** How long open answers may take to end when the process is told to. */
const stopMs = 1500;

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

function fail(thrown: unknown): void {
  process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
  const message: ChildMessage = {
    type: 'failed',
    message: messageOf(thrown),
    isFinal: codeOf(thrown) === 'ERR_MODULE_NOT_FOUND',
  };
  if (process.connected && process.send) process.send(message, () => process.exit(1));
  else process.exit(1);
}

/** Tells the supervisor when the figures change: at once, then at most every 100 ms, and always the last state. */
function createQueueReport(loaded: () => LoadedModel | undefined): () => void {
  let isResting = false;
  let last = '';
  const report = (): void => {
    const model = loaded();
    const figures = model ? countQueue(model) : { waiting: 0, running: 0 };
    const text = JSON.stringify(figures);
    if (isResting || text === last) return;
    last = text;
    tell({ type: 'queue', ...figures });
    isResting = true;
    setTimeout(() => {
      isResting = false;
      report();
    }, queueReportMs);
  };
  return report;
}

async function run(start: StartMessage, stop: AbortSignal): Promise<void> {
  let loaded: LoadedModel | undefined;
  loaded = await loadModel(
    start,
    createQueueReport(() => loaded),
  );
  const server = createEngineServer({ loaded, token: start.token, stop });
  // Only the gateway connects; how long it keeps its connections is its matter.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  stop.addEventListener('abort', () => {
    server.close(() => process.exit(0));
    // A connection is idle, and so can be closed, when its answer is out.
    setInterval(() => server.closeIdleConnections(), 20);
    setTimeout(() => process.exit(0), stopMs);
  });
  const { contextTokens, chatTemplate } = loaded;
  server.on('error', fail);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    tell({ type: 'ready', port, contextTokens, hasChatTemplate: chatTemplate !== undefined });
  });
}

function main(): void {
  const stop = new AbortController();
  let isRunning = false;
  // `on`, not `once`: libraries that see no other listener left kill the process themselves.
  process.on('SIGTERM', () => {
    if (!isRunning) process.exit(0);
    stop.abort(new GatewayError('service_unavailable', 'the engine is shutting down; try again later', { retryAfterMs: 1000 }));
  });
  // Ctrl-C reaches the whole process group; the gateway says when it is time.
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => process.exit(0));
  process.once('message', (message: StartMessage) => {
    run(message, stop.signal)
      .then(() => (isRunning = true))
      .catch(fail);
  });
}

main();
