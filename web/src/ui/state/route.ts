/** A page of the dashboard, as the part of the address after `#` names it. */
export interface Route {
  name: 'overview' | 'keys' | 'key' | 'teams' | 'team' | 'users' | 'spend' | 'models' | 'requests' | 'audit';
  /** The hash of a key, the id of a team; '' on other pages. */
  id: string;
  /** What a page remembers of its own: page, search, order, span. */
  query: URLSearchParams;
}

const pages = ['overview', 'keys', 'teams', 'users', 'spend', 'models', 'requests', 'audit'] as const;

/** Reads `#/keys?page=2` and the like; whatever leads nowhere is the overview. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name = '', id = ''] = path.split('/', 2);
  const query = new URLSearchParams(search);
  const decoded = decode(id);
  if (decoded !== '' && name === 'keys') return { name: 'key', id: decoded, query };
  if (decoded !== '' && name === 'teams') return { name: 'team', id: decoded, query };
  return { name: pages.find((page) => page === name) ?? 'overview', id: '', query };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a page; empty values are left out of the query. */
export function hrefOf(name: (typeof pages)[number], id = '', query: Record<string, string> = {}): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return `#/${name}${id === '' ? '' : `/${encodeURIComponent(id)}`}${search.size === 0 ? '' : `?${search}`}`;
}
