import type { Detector } from './detector.ts';
import type { Rule } from './rule.ts';

type Gate = (text: string) => boolean;

/** Rules that look at the same text together. What their detectors share is asked once. */
export class RuleSet {
  readonly rules: readonly Rule[];
  readonly #byGate: readonly { gate: Gate | undefined; rules: readonly Rule[] }[];
  readonly #pending: readonly Detector['pendingFrom'][];
  readonly #contexts: readonly ((text: string, index: number) => number)[];

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    const gates = new Set(rules.map(({ detector }) => detector.gate));
    this.#byGate = [...gates].map((gate) => ({ gate, rules: rules.filter(({ detector }) => detector.gate === gate) }));
    const own = new Set<Detector['pendingFrom']>();
    const shared = new Set<Detector['pendingFrom']>();
    const contexts = new Set<(text: string, index: number) => number>();
    for (const { detector } of rules) {
      // A detector that is an object with a state of its own must be called as one.
      if (Object.hasOwn(detector, 'pendingFrom')) shared.add(detector.pendingFrom);
      else own.add((text) => detector.pendingFrom(text));
      contexts.add(detector.contextFrom ?? ((_text, index) => index - detector.lookBehind - detector.maxLength));
    }
    this.#pending = [...shared, ...own];
    this.#contexts = [...contexts];
  }

  get isEmpty(): boolean {
    return this.rules.length === 0;
  }

  /** The rules whose detectors may find something in a text. */
  worthAsking(text: string): readonly Rule[] {
    let worth: Rule[] | null = null;
    for (const { gate, rules } of this.#byGate) {
      if (gate !== undefined && !gate(text)) continue;
      if (worth === null) worth = [...rules];
      else worth.push(...rules);
    }
    return worth ?? none;
  }

  /** The smallest index at which more text would decide something. */
  pendingFrom(text: string): number {
    let pending = text.length;
    for (const own of this.#pending) {
      pending = Math.min(pending, own(text));
      if (pending === 0) break;
    }
    return pending;
  }

  /** Where the context begins that all detectors need to go on from an index. */
  contextFrom(text: string, index: number): number {
    let start = index;
    for (const own of this.#contexts) start = Math.min(start, own(text, index));
    return Math.max(0, start);
  }
}

const none: readonly Rule[] = [];
