import type { Kysely } from 'kysely';
import { toUsd } from '../money/usd.ts';
import { tagCounts } from '../store/ledger-rows.ts';
import type { Database } from '../store/schema.ts';
import type { SpendFilter } from '../store/spend-filter.ts';
import { keysBySpend, usersBySpend } from '../store/spend-holders.ts';
import { sumSpend } from '../store/spend-reports.ts';
import type {
  DailyActivityQuery,
  GlobalSpendReportQuery,
  SpendLogsQuery,
  SpendReport,
  SpendReportQuery,
} from '../wire/admin/spend.ts';
import type { Caller } from './caller.ts';
import { dailyActivity } from './daily-activity.ts';
import { globalSpendByDay, globalSpendByKey, globalSpendByModel, globalSpendByTeam, globalSpendReport } from './global-spend.ts';
import { daySpan, timeSpan } from './spend-dates.ts';
import { spendLogs } from './spend-logs.ts';
import { spendReport } from './spend-report.ts';
import { spendViewOf, toKeyHash } from './spend-view.ts';

type Fields = Record<string, unknown>;

interface SpendServiceInput {
  db: Kysely<Database>;
  /** Unix milliseconds. */
  now: () => number;
  /** Of everybody together; null: none. */
  globalBudgetNanoUsd: () => number | null;
}

interface Dates {
  start_date?: string | undefined;
  end_date?: string | undefined;
}

/** What LiteLLM's reports span where nothing else is said. */
const usualDays = 30;

/**
 * Reports on spend. Administrators, and those that may only read, see everything; everybody else their own, that of their keys, and that of teams they
 * administer: asking for anything else finds nothing. Dollars leave as floats.
 * @throws GatewayError `bad_request`: dates that are none; `service_unavailable`: the database is away
 */
export class SpendService {
  readonly #input: SpendServiceInput;

  constructor(input: SpendServiceInput) {
    this.#input = input;
  }

  /** Sums by day, a group, or both: what the dashboard and the command line show. */
  async report(caller: Caller, query: SpendReportQuery): Promise<SpendReport> {
    const { api_key, user_id, team_id, model, customer_id, group_by, limit } = query;
    const span = daySpan(query, usualDays, this.#input.now());
    const filter = {
      ...(await this.#filterFor(caller, api_key)),
      userId: user_id,
      teamIds: team_id === undefined ? undefined : [team_id],
      model,
      customerId: customer_id,
    };
    return spendReport(this.#input.db, { filter, span, groupBy: group_by, limit });
  }

  async logs(caller: Caller, query: SpendLogsQuery): Promise<Fields[]> {
    const { api_key, user_id, team_id } = query;
    const filter = await this.#filterFor(caller, api_key);
    return spendLogs(
      this.#input.db,
      { ...filter, userId: user_id, ...(team_id === undefined ? {} : { teamIds: [team_id] }) },
      query,
    );
  }

  async tags(caller: Caller, dates: Dates): Promise<Fields[]> {
    const span = timeSpan(dates);
    const tags = await tagCounts(this.#input.db, { filter: await this.#filterFor(caller), ...span, limit: 1_000 });
    return tags.map(({ tag, count, cost }) => ({ individual_request_tag: tag, log_count: count, total_spend: toUsd(cost) }));
  }

  async keys(caller: Caller, { limit }: { limit: number }): Promise<Fields[]> {
    const { db, now } = this.#input;
    const keys = await keysBySpend(db, { view: await spendViewOf(db, caller), nowMs: now(), limit });
    return keys.map((key) => ({
      token: key.hash,
      key_name: key.name,
      key_alias: key.alias,
      spend: toUsd(key.spent),
      max_budget: key.max_budget === null ? null : toUsd(key.max_budget),
      budget_duration: key.budget_duration,
      user_id: key.user_id,
      team_id: key.team_id,
      models: key.models,
      expires: key.expires_at?.toISOString() ?? null,
      created_at: key.created_at.toISOString(),
    }));
  }

  async users(caller: Caller, { user_id, limit }: { user_id?: string | undefined; limit: number }): Promise<Fields[]> {
    const { db, now } = this.#input;
    const seesAll = (await spendViewOf(db, caller)) === null;
    // What a user has spent in all teams is nothing for a key of one of them.
    if (!seesAll && (caller.userId === null || caller.teamId !== null || (user_id ?? caller.userId) !== caller.userId)) return [];
    const users = await usersBySpend(db, { userId: seesAll ? user_id : (caller.userId ?? undefined), nowMs: now(), limit });
    return users.map((user) => ({
      user_id: user.id,
      user_email: user.email,
      user_alias: user.alias,
      user_role: user.role,
      spend: toUsd(user.spent),
      max_budget: user.max_budget === null ? null : toUsd(user.max_budget),
      budget_duration: user.budget_duration,
      models: user.models,
    }));
  }

  async globalSpend(caller: Caller): Promise<{ spend: number; max_budget: number }> {
    const { db, globalBudgetNanoUsd } = this.#input;
    const { costNanoUsd } = await sumSpend(db, await this.#filterFor(caller), null);
    return { spend: toUsd(costNanoUsd), max_budget: toUsd(globalBudgetNanoUsd() ?? 0) };
  }

  async globalLogs(caller: Caller, { api_key }: { api_key?: string | undefined }): Promise<Fields[]> {
    return globalSpendByDay(this.#input.db, await this.#globally(caller, {}, api_key));
  }

  async globalKeys(caller: Caller, { limit }: { limit: number }): Promise<Fields[]> {
    return globalSpendByKey(this.#input.db, { ...(await this.#globally(caller, {})), limit });
  }

  async globalModels(caller: Caller, { limit }: { limit: number }): Promise<Fields[]> {
    return globalSpendByModel(this.#input.db, { ...(await this.#globally(caller, {})), limit });
  }

  async globalTeams(caller: Caller): Promise<Fields> {
    return globalSpendByTeam(this.#input.db, await this.#globally(caller, {}));
  }

  async globalReport(caller: Caller, query: GlobalSpendReportQuery): Promise<Fields[]> {
    const { filter, span } = await this.#globally(caller, query, query.api_key);
    const narrowed = {
      ...filter,
      userId: query.internal_user_id,
      customerId: query.customer_id,
      teamIds: query.team_id === undefined ? undefined : [query.team_id],
    };
    // LiteLLM answers a question about one key or one user by key.
    const byKey = query.api_key !== undefined || query.internal_user_id !== undefined;
    return globalSpendReport(this.#input.db, { filter: narrowed, span, group_by: byKey ? 'api_key' : query.group_by });
  }

  /** LiteLLM's daily activity of users; `byTeam`: of teams. */
  async activity(caller: Caller, query: DailyActivityQuery, byTeam: boolean): Promise<Fields> {
    const { filter, span } = await this.#globally(caller, query, query.api_key);
    const teamIds = query.team_ids?.split(',').map((id) => id.trim());
    const narrowed = { ...filter, userId: query.user_id, model: query.model, teamIds: byTeam ? teamIds : undefined };
    return dailyActivity(this.#input.db, { filter: narrowed, span, byTeam });
  }

  async #globally(caller: Caller, dates: Dates, apiKey?: string) {
    const span = daySpan(dates, usualDays, this.#input.now());
    return { filter: await this.#filterFor(caller, apiKey), span };
  }

  async #filterFor(caller: Caller, apiKey?: string): Promise<SpendFilter> {
    return { view: await spendViewOf(this.#input.db, caller), keyHash: toKeyHash(apiKey) };
  }
}
