import type { Reservation, ReserveInput } from './limiter.ts';

/** A reservation as the limiter that made it keeps it. */
export abstract class HeldReservation implements Reservation {
  abstract readonly heldBy: 'memory' | 'redis';
  readonly input: ReserveInput;
  readonly atMs: number;
  /** The first settlement counts. */
  isSettled = false;

  constructor(input: ReserveInput, atMs: number) {
    this.input = input;
    this.atMs = atMs;
  }
}

/** What one request charges a limit of this kind by its estimates. */
export function amountOf(kind: 'requests' | 'tokens' | 'parallel' | 'budget', input: ReserveInput): number {
  if (kind === 'tokens') return input.tokens;
  return kind === 'budget' ? input.costNanoUsd : 1;
}
