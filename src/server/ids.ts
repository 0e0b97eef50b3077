import { randomBytes } from 'node:crypto';

/** A maker of ids that are unique over processes and cheap: a random part for the process, and a count. */
export function idMaker(): () => string {
  const process = randomBytes(8).toString('hex');
  let count = 0;
  return () => `${process}${(count++).toString(36).padStart(6, '0')}`;
}
