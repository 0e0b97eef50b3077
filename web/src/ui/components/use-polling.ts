import { useEffect } from 'preact/hooks';

/** Does something again and again while the page is in sight, `pauseMs` after it was done; undefined: not at all. */
export function usePolling(work: () => Promise<void>, pauseMs: number | undefined): void {
  useEffect(() => {
    if (pauseMs === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    function plan(): void {
      clearTimeout(timer);
      if (!isOver && document.visibilityState === 'visible') timer = setTimeout(() => void turn(), pauseMs);
    }
    async function turn(): Promise<void> {
      await work();
      plan();
    }
    function onVisibility(): void {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') void turn();
    }
    document.addEventListener('visibilitychange', onVisibility);
    plan();
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [work, pauseMs]);
}
