import { messageOf } from '../engine/model-error.ts';
import { fail } from './fail.ts';

/**
 * How long after the first a signal counts as its echo. Ctrl-C reaches us from the terminal and again from npm, which passes it on when it gets
 * to it; a SIGTERM to the whole process group comes again at once from the parent that forwards it.
 */
const echoMs: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 500, SIGTERM: 50 };

const orphanCheckMs = 500;

/**
 * The first signal drains, the second leaves at once. Under npm a SIGTERM ends npm and its shell but never reaches us: there the loss of the
 * parent counts as one.
 */
export function closeOnSignals(server: { close(): Promise<unknown> }, isNpmScript: boolean): void {
  let first: { signal: NodeJS.Signals; atMs: number } | null = null;
  const close = (signal: NodeJS.Signals) => {
    if (first !== null) {
      const isEcho = signal === first.signal && performance.now() - first.atMs <= (echoMs[signal] ?? 0);
      if (!isEcho) process.exit(signal === 'SIGINT' ? 130 : 143);
      return;
    }
    first = { signal, atMs: performance.now() };
    void server.close().then(
      () => process.exit(0),
      (error: unknown) => fail(`shutting down failed: ${messageOf(error)}`),
    );
  };
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
  if (!isNpmScript) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    close('SIGTERM');
  }, orphanCheckMs).unref();
}
