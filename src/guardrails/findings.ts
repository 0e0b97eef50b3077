import type { RuleAction } from './rule.ts';

/** Which way a text went. */
export type Direction = 'input' | 'output';

/** What was done about a find: an action, or `log` where the guardrail only watches. */
export type FindingAction = RuleAction | 'log';

/** How often a guardrail found a kind of value in a request or its answer. Never what it found. */
export interface Finding {
  guardrail: string;
  kind: string;
  action: FindingAction;
  direction: Direction;
  count: number;
}

/** What guardrails did for one request: for metrics, the access line and headers. */
export class GuardReport {
  /** Names of the guardrails that ran, as configured. */
  readonly applied: readonly string[];
  readonly #findings = new Map<string, Finding>();
  /** Failures of guardrails that let the request pass (`onError: open`), by guardrail. */
  readonly failures = new Map<string, number>();

  constructor(applied: readonly string[]) {
    this.applied = applied;
  }

  get findings(): Finding[] {
    return [...this.#findings.values()];
  }

  add(finding: Omit<Finding, 'count'>): void {
    const key = `${finding.guardrail}\n${finding.kind}\n${finding.action}\n${finding.direction}`;
    const known = this.#findings.get(key);
    if (known === undefined) this.#findings.set(key, { ...finding, count: 1 });
    else known.count++;
  }

  addFailure(guardrail: string): void {
    this.failures.set(guardrail, (this.failures.get(guardrail) ?? 0) + 1);
  }
}
