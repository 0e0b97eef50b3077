import type { Scope } from '../core/access.ts';
import type { KeySource } from '../store/access-query.ts';
import { CachedCustomer } from './cached-customer.ts';
import { FreshCache } from './fresh-cache.ts';
import { cannotLookUp } from './key-errors.ts';

const mostCustomers = 50_000;
/** How far what was loaded can be trusted. */
const timings = { freshMs: 60_000, keepMs: 300_000, retryMs: 5_000 };
/** The one id under which it is kept whether there are customers at all. */
const any = 'any';

/** Finds the limits of end users. Where the store has no customers, requests cost no look-up. */
export class CustomerDirectory {
  onFailure: 'continue' | 'refuse' = 'continue';
  readonly #source: KeySource | null;
  readonly #now: () => number;
  readonly #customers: FreshCache<CachedCustomer>;
  readonly #existence: FreshCache<{ hasAny: boolean }>;
  #queries = 0;

  constructor(source: KeySource | null, now: () => number) {
    this.#source = source;
    this.#now = now;
    const common = { ...timings, now, onKeep: () => undefined, onDrop: () => undefined };
    this.#customers = new FreshCache({ ...common, max: mostCustomers });
    this.#existence = new FreshCache({ ...common, max: 1 });
  }

  get queries(): number {
    return this.#queries;
  }

  /** @throws GatewayError `unauthorized` where it is blocked, `service_unavailable` where the store is away and `onFailure` is refuse */
  find(id: string): Scope | null | Promise<Scope | null> {
    const source = this.#source;
    // No text of PostgreSQL holds the character 0: nobody is called so, and asking would fail.
    if (source === null || id.includes('\0')) return null;
    const existence = this.#known(this.#existence, any, () => this.#fetchExistence(source));
    if (existence !== undefined && !existence.hasAny) return null;
    const customer = this.#known(this.#customers, id, () => this.#fetch(source, id));
    if (existence !== undefined && customer !== undefined) return customer.scopeAt(this.#now());
    if (source.state === 'away') return this.#unknown(undefined);
    return this.#load(source, id);
  }

  /** `id` null: any of them, or a budget that some refer to. */
  onChange(id: string | null): void {
    if (id === null) this.#customers.distrustAll();
    else this.#customers.drop(id);
    this.#customers.outdateFlights();
    this.#existence.distrustAll();
  }

  /** What is kept, if it may be given without asking. */
  #known<Value extends object>(cache: FreshCache<Value>, id: string, fetch: () => Promise<Value>): Value | undefined {
    const found = cache.find(id);
    if (found === undefined || found.freshness === 'fresh') return found?.value;
    if (this.#source?.state === 'away') return this.onFailure === 'continue' ? found.value : undefined;
    if (found.freshness === 'unconfirmed') return undefined;
    cache.refresh(id, fetch);
    return found.value;
  }

  async #load(source: KeySource, id: string): Promise<Scope | null> {
    try {
      const known = this.#known(this.#existence, any, () => this.#fetchExistence(source));
      const existence = known ?? (await this.#existence.load(any, () => this.#fetchExistence(source)));
      if (existence?.hasAny !== true) return null;
    } catch (error) {
      return this.#unknown(error);
    }
    const customer = await this.#customers
      .load(id, () => this.#fetch(source, id))
      .catch((error: unknown) => this.#unknown(error));
    return customer?.scopeAt(this.#now()) ?? null;
  }

  /** Nobody can say which limits an end user has. */
  #unknown(cause: unknown): null {
    if (this.onFailure === 'continue' && this.#source?.state === 'away') return null;
    throw cannotLookUp(cause);
  }

  async #fetch(source: KeySource, id: string): Promise<CachedCustomer> {
    this.#queries++;
    return new CachedCustomer(await source.customer(id), this.#now());
  }

  async #fetchExistence(source: KeySource): Promise<{ hasAny: boolean }> {
    this.#queries++;
    return { hasAny: await source.hasCustomers() };
  }
}
