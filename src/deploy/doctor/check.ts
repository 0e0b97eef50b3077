import type { DoctorContext } from './context.ts';

/** What a check can say. `skipped`: it was not made, and the detail says why. */
export type Status = 'pass' | 'fail' | 'skipped';

/** What a check found. A failure says what was expected, what came, and what to do. */
export interface Finding {
  status: Status;
  detail: string;
  expected?: string;
  came?: string;
  advice?: string;
}

/** One clause of the public contract, held against a live endpoint. */
export interface Check {
  /** Stable, in kebab case: what the table and `--json` call it. */
  id: string;
  /** Skipped where the endpoint lets nobody in with the key at hand. */
  needsAccess?: true;
  /** Asked of AWS: worth asking also where the endpoint does not answer. */
  isAboutAws?: true;
  /** How long it may take as a whole; default: four times the time of a request. */
  limitMs?: (context: DoctorContext) => number;
  /** May throw `Unmet`, and what the transport throws: both become a failure. */
  run: (context: DoctorContext) => Promise<Finding>;
}

/** The clause holds. */
export const pass = (detail: string): Finding => ({ status: 'pass', detail });

/** It was not looked at, and why. */
export const skip = (detail: string): Finding => ({ status: 'skipped', detail });

/** What a clause wants, what came instead, and what to do about it. */
export interface Fault {
  expected: string;
  came: string;
  advice: string;
}

/** A clause that does not hold. Thrown by whoever finds out. */
export class Unmet extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`expected ${fault.expected}; came ${fault.came}`);
    this.fault = fault;
  }
}
