import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** How near the end still counts as at the end. */
const nearPx = 48;

interface Autoscroll {
  /** Whether the pane follows what grows in it; not before the first `follow`. */
  isFollowing: Signal<boolean>;
  /** Goes to the end and follows again. */
  follow(): void;
  /** Goes to the top and stays. */
  rest(): void;
}

/** Keeps a pane at its end while its content grows, until the person scrolls up; following starts again at the end. */
export function useAutoscroll(pane: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>): Autoscroll {
  const isFollowing = useSignal(false);

  function follow(): void {
    isFollowing.value = true;
    pane.current?.scrollTo({ top: pane.current.scrollHeight, behavior: 'instant' });
  }

  useEffect(() => {
    const element = pane.current;
    if (!element || !content.current) return;
    let lastTop = element.scrollTop;
    function onScroll(): void {
      if (!element) return;
      const isNearEnd = element.scrollHeight - element.clientHeight - element.scrollTop < nearPx;
      // Content that grew under an unmoved pane is no scrolling up: only a smaller offset is.
      if (isNearEnd) isFollowing.value = true;
      else if (element.scrollTop < lastTop) isFollowing.value = false;
      lastTop = element.scrollTop;
    }
    const observer = new ResizeObserver(() => {
      if (isFollowing.value) follow();
    });
    observer.observe(content.current);
    observer.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, []);

  function rest(): void {
    isFollowing.value = false;
    pane.current?.scrollTo({ top: 0, behavior: 'instant' });
  }

  return { isFollowing, follow, rest };
}
