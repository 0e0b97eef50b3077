import { GatewayError } from '../errors.ts';
import { TransportError } from '../transport/transport-error.ts';

/** Where a command prints and when it runs; passed in for tests. */
export interface CommandIo {
  write(text: string): void;
  warn(text: string): void;
  setExitStatus(status: number): void;
  nowMs(): number;
}

/** The process's own streams, clock and exit status. */
export const processIo: CommandIo = {
  write: (text) => void process.stdout.write(text),
  warn: (text) => void process.stderr.write(`${text}\n`),
  setExitStatus: (status) => void (process.exitCode = status),
  nowMs: () => Date.now(),
};

/** Errors that a person can do something about: ours, the network's, and the file system's (they name the path). */
function isForCaller(error: unknown): error is Error {
  return error instanceof GatewayError || error instanceof TransportError || (error instanceof Error && 'syscall' in error);
}

/** Runs a command's action: an error that is for the caller becomes one line and exit status 1; a defect of ours is thrown on. */
export async function guarded(io: CommandIo, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isForCaller(error)) throw error;
    io.warn(error.message);
    io.setExitStatus(1);
  }
}
