/** Ends a command that cannot go on: the reason on standard error, status 1. */
export function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
