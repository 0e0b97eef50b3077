/** What one thing that was looked at came to. */
export interface Check {
  folder: string;
  name: string;
  passed: number;
  failed: number;
  /** What to read when something failed. */
  report: string;
  elapsedMs: number;
}

/** Does it, and counts a throw as one failure. */
export async function check(
  folder: string,
  name: string,
  work: () => Promise<{ passed: number; failed: number; report: string } | void>,
): Promise<Check> {
  const started = performance.now();
  const outcome = await work().then(
    (result) => result ?? { passed: 1, failed: 0, report: '' },
    (error: unknown) => ({ passed: 0, failed: 1, report: error instanceof Error ? error.message : String(error) }),
  );
  return { folder, name, ...outcome, elapsedMs: performance.now() - started };
}
