import { type ReadonlySignal, signal } from '@preact/signals';
import { parseRoute, type Route } from './route.ts';

/** Where the person is. */
export interface Router {
  route: ReadonlySignal<Route>;
  /** Goes to an address (`#/keys`), as a link would. */
  go(href: string): void;
  /** Changes what the current page remembers, without a step in the history; '' removes a value. */
  remember(values: Record<string, string>): void;
}

/** Follows the part of the address after `#`. */
export function createRouter(window: Window): Router {
  const { location, history } = window;
  const route = signal(parseRoute(location.hash));
  window.addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash);
  });
  return {
    route,
    go(href) {
      location.hash = href;
    },
    remember(values) {
      const query = new URLSearchParams(route.peek().query);
      for (const [name, value] of Object.entries(values)) {
        if (value === '') query.delete(name);
        else query.set(name, value);
      }
      const path = location.hash.split('?', 1)[0] || '#/overview';
      history.replaceState(null, '', query.size === 0 ? path : `${path}?${query}`);
      route.value = parseRoute(location.hash);
    },
  };
}
