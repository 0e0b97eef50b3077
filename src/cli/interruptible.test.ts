import { expect, test } from 'vitest';
import type { CommandIo } from '../cost/command-io.ts';
import { interruptible } from './interruptible.ts';

function recorder() {
  const notes: string[] = [];
  const statuses: number[] = [];
  const io: CommandIo = {
    write: () => undefined,
    warn: (text) => void notes.push(text),
    setExitStatus: (status) => void statuses.push(status),
    nowMs: () => 0,
  };
  return { io, notes, statuses };
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s asks the action to end in order, and gives the exit status %i whatever the action said',
  async (signal, status) => {
    const { io, notes, statuses } = recorder();
    await interruptible(io, async (given) => {
      const stopped = new Promise((resolve) => given.addEventListener('abort', resolve));
      process.emit(signal, signal);
      // Of a terminal that goes, a second one may come.
      process.emit('SIGHUP', 'SIGHUP');
      await stopped;
      io.setExitStatus(1);
    });
    expect(statuses.at(-1)).toBe(status);
    expect(notes).toEqual([expect.stringMatching(/^stopping in order/)]);
  },
);

test('an action that nobody interrupts keeps its status, and nothing is listened for afterwards', async () => {
  const { io, statuses } = recorder();
  const before = process.listenerCount('SIGHUP');
  await expect(interruptible(io, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(statuses).toEqual([]);
  expect(process.listenerCount('SIGHUP')).toBe(before);
});

test('a reader that went away does not end the action', async () => {
  const { io } = recorder();
  let isDone = false;
  await interruptible(io, async () => {
    process.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await Promise.resolve();
    isDone = true;
  });
  expect(isDone).toBe(true);
});
