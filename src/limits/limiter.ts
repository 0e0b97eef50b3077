/** At most `max` requests (or tokens) in any 60 seconds. */
export interface RateLimit {
  kind: 'requests' | 'tokens';
  /** Name of the counter; whoever gives the same name shares it. Never holds a secret. */
  id: string;
  max: number;
}

/** At most `max` requests at once. */
export interface ParallelLimit {
  kind: 'parallel';
  id: string;
  max: number;
}

/** At most `max` nano-dollars in a period, what is reserved included. */
export interface BudgetLimit {
  kind: 'budget';
  id: string;
  /** Infinity: the spend is counted only. */
  max: number;
  /** End of the period, Unix milliseconds; 0: never ends. A counter of an earlier period starts anew. */
  periodEndMs: number;
  /** Known to be spent in this period: the counter is raised to it where it knows less. */
  spentNanoUsd: number;
}

export type Limit = RateLimit | ParallelLimit | BudgetLimit;

/** What a request wants to hold. */
export interface ReserveInput {
  /** Unique among all gateways. */
  id: string;
  limits: readonly Limit[];
  /** Estimates, charged at once and put right at settlement. */
  tokens: number;
  costNanoUsd: number;
}

/** What is held: give it back to `settle` exactly once. */
export interface Reservation {
  readonly input: ReserveInput;
  /** When it was made, by the clock of whoever counted: differences are settled into the second in which they were charged. */
  readonly atMs: number;
  /** Who counted it. */
  readonly heldBy: 'memory' | 'redis';
}

/** Everything was reserved, or nothing. */
export type Verdict =
  | {
      isGranted: true;
      reservation: Reservation;
      /** What is left of each limit after this request, in the order of `limits`: requests, tokens, slots, nano-dollars. Never below 0. */
      remaining: readonly number[];
    }
  | {
      isGranted: false;
      /** The limit that refused; of several the one that takes longest. */
      limit: Limit;
      /** What is left of it. */
      remaining: number;
      /** Spent and reserved of a budget, nano-dollars; 0 for others. */
      used: number;
      /** When the same request would fit if nobody else came; null: by time alone never. */
      retryAfterMs: number | null;
    };

/** How much of a limit is in use now. */
export interface Reading {
  id: string;
  used: number;
}

/** Counts and holds limits. Implementations: in this process, in Redis, and Redis with this process behind it. */
export interface Limiter {
  /**
   * One atomic step over every limit: all are charged, or none. A request or a token counts for 60 s from the second of its reservation
   * (the oldest second counts in full, so that no 60 s ever hold more than `max`). Slots and reserved money are leases: the limiter renews
   * them while the request runs, and those of a process that died expire after its TTL.
   */
  reserve(input: ReserveInput): Verdict | Promise<Verdict>;
  /**
   * Replaces the estimates by what was used, frees the slot. Returns at once; a failure is the limiter's own to handle. The request stays
   * counted. A second call for the same reservation does nothing.
   */
  settle(reservation: Reservation, used: { tokens: number; costNanoUsd: number }): void;
  /** For dashboards. */
  read(limits: readonly Limit[]): Promise<readonly Reading[]>;
  /** `degraded`: counters are this process's own because the shared ones are away. */
  readonly state: 'ok' | 'degraded';
  close(): Promise<void>;
}
