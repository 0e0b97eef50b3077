import type { CommandIo } from '../cost/command-io.ts';

const statusOf = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const signals = Object.keys(statusOf) as (keyof typeof statusOf)[];

/**
 * Runs something that Ctrl-C, SIGTERM or the loss of the terminal asks to end in order: a run of OpenTofu saves its state and gives its lock back first,
 * for which nobody need be there to read. A second signal leaves at once. The exit status is then the signal's.
 */
export async function interruptible(io: CommandIo, action: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let status: number | undefined;
  const interrupt = (signal: NodeJS.Signals) => {
    const given = statusOf[signal as keyof typeof statusOf];
    // A terminal that goes sends more than one.
    if (status !== undefined && signal !== 'SIGHUP') process.exit(given);
    if (status !== undefined) return;
    status = given;
    io.warn('stopping in order; once more leaves at once, and what was being made may then be missing in the state');
    controller.abort();
  };
  // Without somebody who listens, a reader that went away (`| head`, a closed terminal) would end the process in the middle of an apply.
  const ignore = () => undefined;
  const streams = [process.stdout, process.stderr];
  for (const signal of signals) process.on(signal, interrupt);
  for (const stream of streams) stream.on('error', ignore);
  try {
    await action(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
    for (const stream of streams) stream.off('error', ignore);
    if (status !== undefined) io.setExitStatus(status);
  }
}
