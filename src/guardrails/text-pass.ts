import { GatewayError, toGatewayError } from '../errors.ts';
import { contentBlocked } from './blocked.ts';
import type { Direction, GuardReport } from './findings.ts';
import { JsonFilter, rewriteJson, type PieceFilter } from './json-filter.ts';
import { RuleSet } from './rule-set.ts';
import type { Region } from './scan.ts';
import { rewriteText, TextFilter, type Rewriter } from './text-filter.ts';

/** Rules that go over texts together. */
export interface PassRules {
  /** Rules that change or refuse. */
  acting: RuleSet;
  /** Rules that only count. */
  watching: RuleSet;
}

/** Goes over the texts of a request or an answer. */
export class TextPass {
  readonly #direction: Direction;
  readonly #report: GuardReport;
  readonly #acting: RuleSet;
  readonly #watching: RuleSet;

  constructor({ acting, watching }: PassRules, direction: Direction, report: GuardReport) {
    this.#direction = direction;
    this.#report = report;
    this.#acting = acting;
    this.#watching = watching;
  }

  /** A whole text, rewritten. @throws GatewayError `content_blocked` */
  rewrite(text: string, isJson: boolean, field: string): string {
    const rewrite = isJson ? rewriteJson : rewriteText;
    if (!this.#watching.isEmpty) rewrite(text, this.#watching, this.#watcher());
    return this.#acting.isEmpty ? text : rewrite(text, this.#acting, this.#rewriter(field));
  }

  /** A filter for a text that comes in pieces. @throws GatewayError `content_blocked` when used */
  filter(isJson: boolean): PieceFilter {
    const make = (set: RuleSet, rewriter: Rewriter) => (isJson ? new JsonFilter(set, rewriter) : new TextFilter(set, rewriter));
    const acting = this.#acting.isEmpty ? passing : make(this.#acting, this.#rewriter(null));
    return this.#watching.isEmpty ? acting : watched(acting, make(this.#watching, this.#watcher()));
  }

  #rewriter(field: string | null): Rewriter {
    return ({ rule, kind, action }: Region, text) => {
      if (action !== 'restore') this.#count(rule.guardrail, kind, action);
      if (action === 'block')
        throw contentBlocked({ guardrail: rule.guardrail, direction: this.#direction, kinds: [kind], field });
      return rule.replacementFor({ kind, action, text });
    };
  }

  #watcher(): Rewriter {
    return ({ rule, kind }: Region, text) => {
      this.#count(rule.guardrail, kind, 'log');
      return text;
    };
  }

  #count(guardrail: string, kind: string, action: Region['action'] | 'log'): void {
    this.#report.add({ guardrail, kind, action, direction: this.#direction });
  }
}

const passing: PieceFilter = { isHolding: false, push: (piece) => piece, flush: () => '' };

function watched(acting: PieceFilter, watching: PieceFilter): PieceFilter {
  return {
    get isHolding() {
      // What the watcher holds must be seen to its end too.
      return acting.isHolding || watching.isHolding;
    },
    push(piece) {
      watching.push(piece);
      return acting.push(piece);
    },
    flush() {
      watching.flush();
      return acting.flush();
    },
  };
}

/** What a guardrail that failed means for the request. */
export function guardrailFailure(guardrail: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { cause } = toGatewayError(thrown);
  return new GatewayError('internal_error', `guardrail "${guardrail}" failed, and without it nothing may pass`, { cause });
}
