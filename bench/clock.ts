/** Milliseconds of the machine's monotonic clock, comparable between processes of the same machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
