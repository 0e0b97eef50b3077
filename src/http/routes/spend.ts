import { spendCsv } from '../../admin/spend-csv.ts';
import type { SpendService } from '../../admin/spend-service.ts';
import type { ErrorCode } from '../../errors.ts';
import {
  dailyActivityQuery,
  globalSpendAnswer,
  globalSpendLogsQuery,
  globalSpendReportQuery,
  globalTopQuery,
  spendKeysQuery,
  spendLogsQuery,
  spendObject,
  spendReportAnswer,
  spendReportQuery,
  spendRows,
  spendTagsQuery,
  spendUsersQuery,
} from '../../wire/admin/spend.ts';
import { parseQuery } from '../../wire/parse.ts';
import { callerOf } from '../caller-of.ts';
import type { RouteDefinition } from '../route.ts';

const errors: readonly ErrorCode[] = ['bad_request', 'unauthorized', 'route_access_denied', 'service_unavailable'];
const common = { method: 'GET', tag: 'spend', access: 'management', errors } as const;
const rows = { schema: spendRows, contentType: 'application/json' } as const;
const object = { schema: spendObject, contentType: 'application/json' } as const;

/** Reports on spend: our own, and LiteLLM's. */
export function spendRoutes({ spend }: { spend: SpendService }): RouteDefinition[] {
  return [...ownRoutes(spend), ...globalRoutes(spend)];
}

function ownRoutes(spend: SpendService): RouteDefinition[] {
  return [
    {
      ...common,
      paths: ['/spend/report'],
      summary: 'Spend by day, key, user, team, model, customer or tag, as JSON or CSV',
      query: spendReportQuery,
      answer: { schema: spendReportAnswer, contentType: 'application/json' },
      handler: async (request, reply) => {
        const query = parseQuery(spendReportQuery, request.query);
        const report = await spend.report(callerOf(request), query);
        if (query.format === 'json') return report;
        const name = `spend-by-${query.group_by.replace(',', '-')}-${report.start_date}-${report.end_date}.csv`;
        if (report.is_truncated) reply.header('x-truncated', 'true');
        return reply
          .header('content-type', 'text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="${name}"`)
          .header('x-content-type-options', 'nosniff')
          .send(spendCsv(report));
      },
    },
    {
      ...common,
      paths: ['/spend/logs'],
      summary: 'Requests, the newest first; or, with both dates, sums by day',
      query: spendLogsQuery,
      answer: rows,
      handler: (request) => spend.logs(callerOf(request), parseQuery(spendLogsQuery, request.query)),
    },
    {
      ...common,
      paths: ['/spend/tags'],
      summary: 'Spend by tag of requests',
      query: spendTagsQuery,
      answer: rows,
      handler: (request) => spend.tags(callerOf(request), parseQuery(spendTagsQuery, request.query)),
    },
    {
      ...common,
      paths: ['/spend/keys'],
      summary: 'Keys and what each spent in its current period',
      query: spendKeysQuery,
      answer: rows,
      handler: (request) => spend.keys(callerOf(request), parseQuery(spendKeysQuery, request.query)),
    },
    {
      ...common,
      paths: ['/spend/users'],
      summary: 'Users and what each spent in its current period',
      query: spendUsersQuery,
      answer: rows,
      handler: (request) => spend.users(callerOf(request), parseQuery(spendUsersQuery, request.query)),
    },
    {
      ...common,
      paths: ['/user/daily/activity'],
      summary: 'What each day came to, by model, provider and key',
      query: dailyActivityQuery,
      answer: object,
      handler: (request) => spend.activity(callerOf(request), parseQuery(dailyActivityQuery, request.query), false),
    },
    {
      ...common,
      paths: ['/team/daily/activity'],
      summary: 'What each day came to, by team, model, provider and key',
      query: dailyActivityQuery,
      answer: object,
      handler: (request) => spend.activity(callerOf(request), parseQuery(dailyActivityQuery, request.query), true),
    },
  ];
}

function globalRoutes(spend: SpendService): RouteDefinition[] {
  return [
    {
      ...common,
      paths: ['/global/spend'],
      summary: 'All spend, and the budget of all together',
      answer: { schema: globalSpendAnswer, contentType: 'application/json' },
      handler: (request) => spend.globalSpend(callerOf(request)),
    },
    {
      ...common,
      paths: ['/global/spend/logs'],
      summary: 'Spend of each of the last 30 days',
      query: globalSpendLogsQuery,
      answer: rows,
      handler: (request) => spend.globalLogs(callerOf(request), parseQuery(globalSpendLogsQuery, request.query)),
    },
    {
      ...common,
      paths: ['/global/spend/keys'],
      summary: 'The dearest keys of the last 30 days',
      query: globalTopQuery,
      answer: rows,
      handler: (request) => spend.globalKeys(callerOf(request), parseQuery(globalTopQuery, request.query)),
    },
    {
      ...common,
      paths: ['/global/spend/models'],
      summary: 'The dearest models of the last 30 days',
      query: globalTopQuery,
      answer: rows,
      handler: (request) => spend.globalModels(callerOf(request), parseQuery(globalTopQuery, request.query)),
    },
    {
      ...common,
      paths: ['/global/spend/teams'],
      summary: 'Spend of the last 30 days by team',
      answer: object,
      handler: (request) => spend.globalTeams(callerOf(request)),
    },
    {
      ...common,
      paths: ['/global/spend/report'],
      summary: 'Spend by day and team or customer, or by key',
      query: globalSpendReportQuery,
      answer: rows,
      handler: (request) => spend.globalReport(callerOf(request), parseQuery(globalSpendReportQuery, request.query)),
    },
  ];
}
