import type { Limit, Limiter, Reservation, Verdict } from '../limits/limiter.ts';
import { costOf } from '../money/price.ts';
import type { InferenceRequest } from '../providers/provider.ts';
import type { InferenceRecord, LimitFacts } from '../telemetry/record.ts';
import type { Access, Budget, KeyDirectory, Scope } from './access.ts';
import { refusal } from './limit-refusal.ts';
import { LimitPlanner, planLimits, type LimitOwner, type LimitPlan } from './limit-plan.ts';
import type { Model, ModelTable } from './model-table.ts';
import type { Charge } from './spend.ts';
import { SpendWatch } from './spend-watch.ts';
import { estimateRequest } from './token-estimate.ts';

/** Who asks. */
export interface Asker {
  access: Access;
  /** The client's address; null: unknown. */
  ip: string | null;
  /** The end user that the request names. */
  customerId: string | null;
}

/** What an admitted request holds until it is settled. */
export interface Admitted {
  reservation: Reservation | null;
  charges: readonly Charge[];
  budgets: readonly Budget[];
  /** As estimated; 0 where nothing asks for it. */
  promptTokens: number;
  /** What one answer must be bounded to upstream, so that what is held suffices; null: it is bounded already, or nothing asks for it. */
  impliedMaxTokens: number | null;
}

/** How much of a limit is in use: requests, tokens, slots, or nano-dollars, reserved ones included. */
export interface LimitUse {
  owner: LimitOwner;
  limit: Limit;
  used: number;
}

export interface AdmissionSettings {
  assumedOutputTokens: number;
  /** null: addresses are not limited. */
  ipRequestsPerMinute: number | null;
}

interface AdmissionDependencies {
  limiter: () => Limiter;
  directory: Pick<KeyDirectory, 'customer'>;
  settings: () => AdmissionSettings;
  /** Unix milliseconds. */
  wallNow: () => number;
  newId: () => string;
  /** Limits over everything; null: none. Another object as soon as anything of it is another. */
  globalScope: () => Scope | null;
  /** A scope has spent more than it was meant to. */
  onSoftBudget: (budget: Budget, spentNanoUsd: number) => void;
}

/** A plan, and the limits over everything that it was made with. */
interface CachedPlan {
  plan: LimitPlan;
  globalScope: Scope | null;
}

const nothing: readonly never[] = [];

/** Holds a request against every limit that it meets, in one step, and puts right afterwards what it has used. */
export class Admission {
  readonly #deps: AdmissionDependencies;
  /** Plans live as long as the access and the model that they are of. */
  readonly #plans = new WeakMap<Access, WeakMap<Model, CachedPlan>>();
  readonly #spend: SpendWatch;

  constructor(dependencies: AdmissionDependencies) {
    this.#deps = dependencies;
    this.#spend = new SpendWatch(dependencies.onSoftBudget);
  }

  /**
   * @throws GatewayError `rate_limit_exceeded`, `budget_exceeded`; whatever the limiter or the directory throw when what they need is away
   */
  async admit(
    asker: Asker,
    request: InferenceRequest,
    target: { model: Model; table: ModelTable },
    record: InferenceRecord,
  ): Promise<Admitted> {
    const { directory, settings, wallNow, newId } = this.#deps;
    const { assumedOutputTokens, ipRequestsPerMinute } = settings();
    const nowMs = wallNow();
    const found = asker.customerId === null ? null : directory.customer(asker.customerId);
    const customer = found instanceof Promise ? await found : found;
    record.keyHash = asker.access.keyHash;
    record.keyAlias = asker.access.keyAlias;
    const plan = withMore(this.#plan(asker.access, target, nowMs), more(customer, asker.ip, ipRequestsPerMinute), {
      model: target.model.name,
      nowMs,
    });
    if (plan.limits.length === 0) {
      return { reservation: null, charges: plan.charges, budgets: plan.budgets, promptTokens: 0, impliedMaxTokens: null };
    }
    const estimate = plan.needsEstimate ? estimateRequest(request, target.model, assumedOutputTokens) : null;
    const { promptTokens, outputTokens, impliedMaxTokens } = estimate ?? {
      promptTokens: 0,
      outputTokens: 0,
      impliedMaxTokens: null,
    };
    const costNanoUsd =
      plan.price === null ? 0 : costOf(plan.price, { promptTokens, completionTokens: outputTokens, cachedTokens: 0 });
    const verdict = this.#deps.limiter().reserve({
      id: newId(),
      limits: plan.limits,
      tokens: promptTokens + outputTokens,
      costNanoUsd,
    });
    const settled = verdict instanceof Promise ? await verdict : verdict;
    record.limits = factsOf(plan, settled, nowMs);
    if (!settled.isGranted) {
      record.refusedBy = settled.limit.kind;
      throw refusal(plan, settled, nowMs);
    }
    return { reservation: settled.reservation, charges: plan.charges, budgets: plan.budgets, promptTokens, impliedMaxTokens };
  }

  /** Every limit of a key and of whoever it belongs to, those on single models included, and how much of each is used now. */
  async limitsOf(access: Access): Promise<LimitUse[]> {
    const planner = new LimitPlanner(this.#deps.wallNow());
    for (const scope of access.scopes) planner.addAll(scope);
    const { limits, owners } = planner.finish(null);
    const readings = await this.#deps.limiter().read(limits);
    return limits.flatMap((limit, at) => {
      const owner = owners[at];
      if (owner === undefined) return [];
      const counted = readings[at]?.used ?? 0;
      return [{ owner, limit, used: limit.kind === 'budget' ? Math.max(counted, limit.spentNanoUsd) : counted }];
    });
  }

  /** Settles what was held. Call it exactly once, whatever became of the request. */
  settle(admitted: Admitted, used: { tokens: number; costNanoUsd: number }): void {
    if (admitted.reservation !== null) this.#deps.limiter().settle(admitted.reservation, used);
    if (used.costNanoUsd === 0) return;
    for (const budget of admitted.budgets) this.#spend.add(budget, used.costNanoUsd);
  }

  /** What the key may spend in its period, and has spent as far as this process knows, nano-dollars. */
  keyBudget({ budgets }: Admitted, { keyHash }: Access): { spentNanoUsd: number | null; maxNanoUsd: number | null } {
    const scope = `key:${keyHash}`;
    const budget = budgets.find((candidate) => candidate.scope === scope);
    if (budget === undefined) return { spentNanoUsd: null, maxNanoUsd: null };
    return { spentNanoUsd: this.#spend.spentOf(budget), maxNanoUsd: budget.maxNanoUsd };
  }

  #plan(access: Access, { model, table }: { model: Model; table: ModelTable }, nowMs: number): LimitPlan {
    let byModel = this.#plans.get(access);
    if (byModel === undefined) this.#plans.set(access, (byModel = new WeakMap()));
    const globalScope = this.#deps.globalScope();
    let cached = byModel.get(model);
    if (cached === undefined || nowMs >= cached.plan.validUntilMs || cached.globalScope !== globalScope) {
      cached = { plan: planLimits({ access, model, table, globalScope }, nowMs), globalScope };
      byModel.set(model, cached);
    }
    return cached.plan;
  }
}

/** Scopes that differ from request to request. */
function more(customer: Scope | null, ip: string | null, ipRequestsPerMinute: number | null): readonly Scope[] {
  if (customer === null && (ip === null || ipRequestsPerMinute === null)) return nothing;
  const scopes = customer === null ? [] : [customer];
  if (ip !== null && ipRequestsPerMinute !== null) scopes.push(ipScope(ip, ipRequestsPerMinute));
  return scopes;
}

function ipScope(ip: string, requestsPerMinute: number): Scope {
  return {
    kind: 'ip',
    id: ip,
    label: ip,
    requestsPerMinute,
    tokensPerMinute: null,
    maxParallel: null,
    budget: null,
    models: {},
  };
}

function withMore(plan: LimitPlan, scopes: readonly Scope[], { model, nowMs }: { model: string; nowMs: number }): LimitPlan {
  if (scopes.length === 0) return plan;
  const planner = new LimitPlanner(nowMs);
  for (const scope of scopes) planner.add(scope, model);
  const own = planner.finish(plan.price);
  return {
    ...plan,
    limits: [...plan.limits, ...own.limits],
    owners: [...plan.owners, ...own.owners],
    charges: [...plan.charges, ...own.charges],
    budgets: [...plan.budgets, ...own.budgets],
    needsEstimate: plan.needsEstimate || own.needsEstimate,
  };
}

const windowMs = 60_000;

/** What clients are told of their limits: the tightest of each kind, and those of the key. */
function factsOf(plan: LimitPlan, verdict: Verdict, nowMs: number): LimitFacts {
  const facts: LimitFacts = {
    requests: null,
    tokens: null,
    keyRequests: null,
    keyTokens: null,
    resetMs: windowMs + 1_000 - (nowMs % 1_000),
  };
  for (const [at, limit] of plan.limits.entries()) {
    if (limit.kind !== 'requests' && limit.kind !== 'tokens') continue;
    const remaining = verdict.isGranted ? (verdict.remaining[at] ?? 0) : limit === verdict.limit ? verdict.remaining : null;
    if (remaining === null) continue;
    const fact = { limit: limit.max, remaining };
    const known = facts[limit.kind];
    if (known === null || remaining < known.remaining) facts[limit.kind] = fact;
    const owner = plan.owners[at];
    if (owner?.scope.kind !== 'key' || owner.model !== null) continue;
    if (limit.kind === 'requests') facts.keyRequests = fact;
    else facts.keyTokens = fact;
  }
  return facts;
}
