import type { Requester } from '../../api/requester.ts';

/** What a query may hold; undefined, null and '' are left out. */
export type Query = Record<string, string | number | boolean | null | undefined>;

/** The admin API, one call at a time. Each throws `FailureError`. */
export interface Call {
  get(path: string, query?: Query): Promise<unknown>;
  getText(path: string, query?: Query): Promise<string>;
  /** Whatever the status: health checks answer 503 with the same body. */
  getAnyStatus(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
}

/** A path with its query. */
export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}

/** Makes the calls over a requester. */
export function createCall({ sendShort, sendWell }: Requester): Call {
  return {
    get: async (path, query) => (await sendWell(withQuery(path, query))).body,
    getText: async (path, query) => (await sendWell(withQuery(path, query))).text,
    getAnyStatus: async (path) => (await sendShort(path)).body,
    post: async (path, body) => (await sendWell(path, { method: 'POST', body: JSON.stringify(body) })).body,
  };
}
