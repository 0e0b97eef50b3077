import type { CommandIo } from '../cost/command-io.ts';

/**
 * Runs something that Ctrl-C or SIGTERM asks to end in order: a run of OpenTofu saves its state and gives its lock back first. A second one leaves
 * at once.
 */
export async function interruptible(io: CommandIo, action: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    io.warn(
      'stopping in order, so that the state is saved; once more leaves at once, and the state may then miss what was being made',
    );
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    await action(controller.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
