import { spawn } from 'node:child_process';

interface Execution {
  directory?: string;
  environment?: Readonly<Record<string, string | undefined>>;
}

export interface Outcome {
  /** Null: ended by a signal. */
  status: number | null;
  /** Standard output and standard error in the order in which they came. */
  output: string;
}

/** Runs a program to its end. Throws only when it cannot be started. */
export function execute(command: readonly string[], { directory, environment }: Execution = {}): Promise<Outcome> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    ...(directory === undefined ? {} : { cwd: directory }),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((done, fail) => child.on('error', fail).on('close', (status) => done({ status, output })));
}

/** The same, and a status other than 0 throws the end of what the program said. */
export async function mustExecute(command: readonly string[], execution?: Execution): Promise<string> {
  const { status, output } = await execute(command, execution);
  if (status === 0) return output;
  throw new Error(`${command.join(' ')} ended with ${status}:\n${output.trim().split('\n').slice(-25).join('\n')}`);
}
