import type { Command } from 'commander';

/** What the help of a command says besides its options. */
export interface Explanation {
  /** Whole lines as they are typed. */
  examples: readonly string[];
  /** What an exit status means, by number. */
  statuses: Readonly<Record<number, string>>;
}

/** Adds examples and exit statuses to the help of a command, and points there after a misuse. */
export function explained(command: Command, { examples, statuses }: Explanation): Command {
  const lines = [
    '',
    'Examples:',
    ...examples.map((line) => `  ${line}`),
    '',
    'Exit status:',
    ...Object.entries(statuses).map(([status, meaning]) => `  ${status.padEnd(4)} ${meaning}`),
  ];
  return command.addHelpText('after', lines.join('\n')).showHelpAfterError(`(sluice ${command.name()} --help has examples)`);
}

/** What every command that asks AWS ends with where it cannot. */
export const awsStatuses = { 2: 'AWS cannot be asked: no or expired credentials, no network, no such region' } as const;
