import type { Limit } from '../limits/limiter.ts';
import { periodEnd } from '../money/budget-period.ts';
import type { Price } from '../money/price.ts';
import type { Access, Budget, Scope } from './access.ts';
import type { Model, ModelTable } from './model-table.ts';
import type { Charge } from './spend.ts';

/** Whose limit it is, for messages. */
export interface LimitOwner {
  scope: Scope;
  /** Set where the limit is on one model of the scope. */
  model: string | null;
}

/** Everything that limits one key on one model, worked out once and used for every such request. */
export interface LimitPlan {
  limits: readonly Limit[];
  /** In the order of `limits`. */
  owners: readonly LimitOwner[];
  charges: readonly Charge[];
  budgets: readonly Budget[];
  /** Whether tokens or money are limited, so that they have to be estimated. */
  needsEstimate: boolean;
  /** The dearest that may answer. */
  price: Price | null;
  /** A budget's period ends then, and the plan with it. */
  validUntilMs: number;
}

/** Collects the limits of several scopes. */
export class LimitPlanner {
  readonly #limits: Limit[] = [];
  readonly #owners: LimitOwner[] = [];
  readonly #charges: Charge[] = [];
  readonly #budgets: Budget[] = [];
  readonly #nowMs: number;
  #validUntilMs = Infinity;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  /** What a scope limits on any model, and on this one. */
  add(scope: Scope, model: string): void {
    this.#whole(scope);
    this.#onModel(scope, model);
  }

  /** Everything that a scope limits. */
  addAll(scope: Scope): void {
    this.#whole(scope);
    for (const model of Object.keys(scope.models)) this.#onModel(scope, model);
  }

  #whole(scope: Scope): void {
    const name = `${scope.kind}:${scope.id}`;
    const owner = { scope, model: null };
    this.#rate('requests', name, scope.requestsPerMinute, owner);
    this.#rate('tokens', name, scope.tokensPerMinute, owner);
    if (scope.maxParallel !== null) this.#push({ kind: 'parallel', id: `${name}:parallel`, max: scope.maxParallel }, owner);
    if (scope.budget !== null) this.#budget(scope.budget, owner);
  }

  #onModel(scope: Scope, model: string): void {
    const onModel = Object.hasOwn(scope.models, model) ? scope.models[model] : undefined;
    if (onModel === undefined) return;
    const name = `${scope.kind}:${scope.id}`;
    const modelOwner = { scope, model };
    this.#rate('requests', `${name}:model:${model}`, onModel.requestsPerMinute, modelOwner);
    this.#rate('tokens', `${name}:model:${model}`, onModel.tokensPerMinute, modelOwner);
    if (onModel.budget !== null) this.#budget(onModel.budget, modelOwner);
  }

  finish(price: Price | null): LimitPlan {
    return {
      limits: this.#limits,
      owners: this.#owners,
      charges: this.#charges,
      budgets: this.#budgets,
      needsEstimate: this.#limits.some(({ kind }) => kind === 'tokens' || kind === 'budget'),
      price,
      validUntilMs: this.#validUntilMs,
    };
  }

  #push(limit: Limit, owner: LimitOwner): void {
    this.#limits.push(limit);
    this.#owners.push(owner);
  }

  #rate(kind: 'requests' | 'tokens', name: string, max: number | null, owner: LimitOwner): void {
    if (max !== null) this.#push({ kind, id: `${name}:${kind}`, max }, owner);
  }

  #budget(known: Budget, owner: LimitOwner): void {
    const budget = inPeriod(known, this.#nowMs);
    const { scope, duration, anchorMs, periodEndMs, maxNanoUsd, spentNanoUsd } = budget;
    this.#budgets.push(budget);
    this.#charges.push({ scope, duration, periodEndMs });
    if (periodEndMs !== null) this.#validUntilMs = Math.min(this.#validUntilMs, periodEndMs);
    if (maxNanoUsd === null) return;
    // Counters never fall: whoever sets the spend back also moves the anchor, and so begins another.
    const id = `${scope}:budget:${duration ?? 'ever'}:${anchorMs.toString(36)}`;
    this.#push({ kind: 'budget', id, max: maxNanoUsd, periodEndMs: periodEndMs ?? 0, spentNanoUsd }, owner);
  }
}

/** The budget as it stands now: when its period has ended, nothing is spent of the next. */
function inPeriod(budget: Budget, nowMs: number): Budget {
  const { duration, anchorMs, periodEndMs } = budget;
  if (duration === null || (periodEndMs !== null && nowMs < periodEndMs)) return budget;
  return { ...budget, periodEndMs: periodEnd(duration, anchorMs, nowMs), spentNanoUsd: 0 };
}

/** Whose request is planned, for what. */
interface Planned {
  access: Access;
  model: Model;
  table: ModelTable;
  /** Limits over everything; null: none. */
  globalScope: Scope | null;
}

/** The plan of a key on a model. */
export function planLimits({ access, model, table, globalScope }: Planned, nowMs: number): LimitPlan {
  const planner = new LimitPlanner(nowMs);
  for (const scope of access.scopes) planner.add(scope, model.name);
  if (model.scope !== null) planner.add(model.scope, model.name);
  if (globalScope !== null) planner.add(globalScope, model.name);
  return planner.finish(dearest(model, table));
}

/** Of every model that may answer: what stands in where a prompt is too long has fallbacks of its own. */
function dearest(model: Model, table: ModelTable): Price | null {
  const named = (names: readonly string[]) => names.flatMap((name) => table.find(name) ?? []);
  const models = [model, ...named(model.contextFallbacks)].flatMap((each) => [each, ...named(each.fallbacks)]);
  const prices = models.flatMap(({ backends }) => backends.flatMap(({ price }) => price ?? []));
  const [first, ...more] = prices;
  if (first === undefined) return null;
  return more.reduce(
    (most, price) => ({
      inputNanoUsd: Math.max(most.inputNanoUsd, price.inputNanoUsd),
      outputNanoUsd: Math.max(most.outputNanoUsd, price.outputNanoUsd),
      cachedInputNanoUsd: null,
      requestNanoUsd: Math.max(most.requestNanoUsd, price.requestNanoUsd),
    }),
    { ...first, cachedInputNanoUsd: null },
  );
}
