import { useEffect, useState } from 'preact/hooks';

/** Milliseconds until a moment (milliseconds since 1970), counting down by the second; 0 once it has come, and where there is none. */
export function useCountdown(untilMs: number | undefined): number {
  const remaining = (): number => Math.max(0, (untilMs ?? 0) - Date.now());
  const [remainingMs, setRemainingMs] = useState(remaining);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    function tick(): void {
      const left = remaining();
      setRemainingMs(left);
      // Wakes when the shown second changes, so that no second is shown twice or left out.
      if (left > 0) timer = setTimeout(tick, left % 1000 || 1000);
    }
    tick();
    return () => clearTimeout(timer);
  }, [untilMs]);
  return remainingMs;
}
