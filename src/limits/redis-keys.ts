import type { Limit } from './limiter.ts';

const letters = { requests: 'r', tokens: 't', parallel: 'p', budget: 'b' } as const;

/** Names of the counters in Redis. All share one hash slot, as a script that touches several must have it. */
export class LimitKeys {
  readonly epoch: string;
  readonly probe: string;
  private readonly begin: string;

  constructor(keyPrefix: string) {
    this.begin = `${keyPrefix}:{limits}:`;
    this.epoch = `${this.begin}epoch`;
    this.probe = `${this.begin}probe`;
  }

  /** How the scripts call the limit's kind. */
  static kindOf(limit: Limit): string {
    return letters[limit.kind];
  }

  of(limit: Limit): string {
    return `${this.begin}${letters[limit.kind]}:${limit.id}`;
  }

  /** A budget's sorted set of reserved money. */
  leasesOf(limit: Limit): string {
    return `${this.begin}l:${limit.id}`;
  }

  /** Adds the limit's keys in the order that the scripts expect. */
  push(keys: string[], limit: Limit): void {
    keys.push(this.of(limit));
    if (limit.kind === 'budget') keys.push(this.leasesOf(limit));
  }
}
