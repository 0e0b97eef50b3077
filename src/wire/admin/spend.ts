import { z } from 'zod';

const text = z.string().min(1).max(300).optional();
const date = text.describe('A day in UTC, 2026-11-21, or a time on it; both ends are included');
const pageNumber = z.coerce.number().int().min(1).max(100_000).default(1);
const pageSize = z.coerce.number().int().min(1).max(1_000);
const apiKey = text.describe('A key, plain or as its hash');
const topCount = (usual: number) => z.coerce.number().int().min(1).max(1_000).default(usual);

/** `GET /spend/logs` */
export const spendLogsQuery = z.object({
  api_key: apiKey,
  user_id: text,
  team_id: text,
  request_id: text,
  start_date: date,
  end_date: date,
  summarize: z.stringbool().default(true).describe('With both dates: sums by day instead of rows'),
  page: pageNumber,
  page_size: pageSize.optional().describe('Rows; default 100'),
  size: pageSize.optional().describe('The same as page_size'),
});
export type SpendLogsQuery = z.output<typeof spendLogsQuery>;

/** `GET /spend/tags` */
export const spendTagsQuery = z.object({ start_date: date, end_date: date });
/** `GET /spend/keys` */
export const spendKeysQuery = z.object({ limit: topCount(100) });
/** `GET /spend/users` */
export const spendUsersQuery = z.object({ user_id: text, limit: topCount(100) });
/** `GET /global/spend/logs` */
export const globalSpendLogsQuery = z.object({ api_key: apiKey });
/** `GET /global/spend/keys`, `/global/spend/models` */
export const globalTopQuery = z.object({ limit: topCount(10) });

/** `GET /global/spend/report` */
export const globalSpendReportQuery = z.object({
  start_date: date,
  end_date: date,
  group_by: z.enum(['team', 'customer', 'api_key']).default('team'),
  api_key: apiKey,
  team_id: text,
  internal_user_id: text,
  customer_id: text,
});
export type GlobalSpendReportQuery = z.output<typeof globalSpendReportQuery>;

/** `GET /user/daily/activity`, `GET /team/daily/activity` */
export const dailyActivityQuery = z.object({
  start_date: date,
  end_date: date,
  api_key: apiKey,
  model: text,
  user_id: text,
  team_ids: z.string().max(10_000).optional().describe('Separated by commas; of teams only'),
});
export type DailyActivityQuery = z.output<typeof dailyActivityQuery>;

/** What a report is summed by besides the day. */
export const spendReportGroups = ['key', 'user', 'team', 'model', 'customer', 'tag'] as const;
const groupings = ['day', ...spendReportGroups, ...spendReportGroups.map((group) => `day,${group}` as const)] as const;

/** `GET /spend/report` */
export const spendReportQuery = z.object({
  group_by: z.enum(groupings).default('day').describe('`day,model` is one row for each model and day: what a plot needs'),
  start_date: date,
  end_date: date,
  format: z.enum(['json', 'csv']).default('json'),
  api_key: apiKey,
  user_id: text,
  team_id: text,
  model: text,
  customer_id: text,
  limit: z.coerce.number().int().min(1).max(100_000).default(50_000).describe('Rows'),
});
export type SpendReportQuery = z.output<typeof spendReportQuery>;

const sums = {
  requests: z.int(),
  failed_requests: z.int(),
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  cached_tokens: z.int().describe('Part of prompt_tokens'),
  cost_usd: z.number().describe('US dollars, the nearest float'),
  cost_nano_usd: z.string().describe('Exact: billionths of a US dollar, an integer'),
};

/** `GET /spend/report` as JSON. */
export const spendReportAnswer = z
  .object({
    start_date: z.string(),
    end_date: z.string(),
    group_by: z.string(),
    rows: z.array(
      z.object({
        day: z.string().optional().describe('UTC; only where days are asked for'),
        id: z.string().optional().describe("The group's: key hash, id or name; '' for requests that have none"),
        label: z.string().optional().describe('How people call it'),
        ...sums,
      }),
    ),
    is_truncated: z.boolean().describe('Whether there are more rows than the limit'),
    total: z.object(sums).describe('Of all requests, each counted once'),
  })
  .meta({ id: 'SpendReport' });
export type SpendReport = z.output<typeof spendReportAnswer>;

/** `GET /global/spend` */
export const globalSpendAnswer = z
  .object({ spend: z.number(), max_budget: z.number().describe('0: none') })
  .meta({ id: 'GlobalSpend' });

/** Rows of ours that have no fixed form but LiteLLM's. */
export const spendRows = z.array(z.looseObject({})).meta({ id: 'SpendRows' });
/** An object of LiteLLM's form. */
export const spendObject = z.looseObject({}).meta({ id: 'SpendObject' });
