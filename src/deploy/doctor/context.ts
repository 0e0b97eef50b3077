import type { Answer, Endpoint } from './endpoint.ts';

/** What the person who asks knows of the endpoint, and how far the checks may go. */
export interface DoctorSettings {
  /** The name that is asked for; null: what the endpoint names itself. */
  model: string | null;
  /** Origin of a page that may call the endpoint; null: found out where the endpoint tells it. */
  origin: string | null;
  /** Requests a minute that one address may send; null: not looked at. It takes the caller's minute. */
  floodLimit: number | null;
  /** Whether something in front says who calls, so that callers cannot; null: found out by its headers. */
  isProxied: boolean | null;
  /** Whether a request longer than the deadline is tried. */
  isSlowTried: boolean;
  /** The gateway's own deadline. */
  deadlineMs: number;
  /** For each request. */
  timeoutMs: number;
}

/** Whether the endpoint asks for keys, and lets in with the one at hand. */
export interface Access {
  isKeyed: boolean;
  isAdmitted: boolean;
}

/** What checks look at, and what they look with. */
export interface DoctorContext {
  endpoint: Endpoint;
  settings: DoctorSettings;
  access: Access;
  model: string;
  /** Null: no page that may call it is known. */
  origin: string | null;
  /** The first answer that refused for a limit, once somebody has been refused. */
  refused: Answer | null;
  now: () => number;
  /** Ends early, without an error, when the person has had enough. */
  pause: (durationMs: number) => Promise<void>;
  signal: AbortSignal;
}
