import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { columnReaders } from '../column-types.ts';
import type { ThreadData, ThreadError, ThreadMessage, ThreadRequest } from './protocol.ts';

/** A laptop's share: with the server's usual 128 MB of buffers the process takes 150 MB more. */
const settings = ['shared_buffers=8MB', 'max_wal_size=64MB', 'min_wal_size=32MB'];

/** The program of the database's thread: nothing that it does stops the gateway's event loop. */
async function main({ task, directory }: ThreadData): Promise<void> {
  const database = await PGlite.create(directory, {
    parsers: { ...columnReaders },
    startParams: [...PGlite.defaultStartParams, ...settings.flatMap((setting) => ['-c', setting])],
  });
  if (task === 'create') {
    await database.close();
    return;
  }
  parentPort?.on('message', (request: ThreadRequest) => void answer(database, request));
  send({ type: 'ready' });
}

async function answer(database: PGlite, { id, statement }: ThreadRequest): Promise<void> {
  try {
    if (statement === null) {
      await database.query('checkpoint');
      await database.close();
      send({ type: 'result', id, rows: [], command: 'CLOSE', rowCount: 0 });
      parentPort?.close();
      return;
    }
    const { rows, command = '', rowCount = 0 } = await database.query(statement.sql, [...statement.parameters]);
    send({ type: 'result', id, rows, command, rowCount });
  } catch (error) {
    const known = refusal(error);
    if (known !== null) send({ type: 'error', id, error: known });
    else {
      send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
      parentPort?.close();
    }
  }
}

/** An error of one statement, after which the database goes on; null: it does not. */
function refusal(error: unknown): ThreadError | null {
  if (!(error instanceof Error)) return null;
  const { message, code, severity, detail, constraint, table, column } = error as Error & Partial<Record<string, string>>;
  // Errors without a code are of the values given, or of a database that was aborted in the middle.
  if (code === undefined) return error.name === 'Error' || error instanceof TypeError ? { message } : null;
  if (severity === 'PANIC' || severity === 'FATAL') return null;
  const rest = Object.entries({ detail, constraint, table, column }).filter(([, value]) => value !== undefined);
  return { message, code, ...Object.fromEntries(rest) };
}

function send(message: ThreadMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, no window
  parentPort?.postMessage(message);
}

await main(workerData as ThreadData);
