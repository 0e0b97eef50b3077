import { Command, InvalidArgumentError, Option } from 'commander';
import {
  CommandError,
  withGateway,
  withGatewayOptions,
  type GatewayCommandOptions,
  type GatewayFlags,
} from './gateway-client.ts';
import { formatTable, formatUsd, type Cell } from './table.ts';

interface SpendFlags extends GatewayFlags {
  by: string;
  from?: string;
  to?: string;
  key?: string;
  user?: string;
  team?: string;
  model?: string;
  limit?: number;
  csv?: true;
}

interface Sums {
  requests: number;
  failed_requests: number;
  prompt_tokens: number;
  completion_tokens: number;
  cost_usd: number;
}

/** What `/spend/report` answers, as far as people are shown it. */
interface Report {
  start_date: string;
  end_date: string;
  rows: (Sums & { day?: string; id?: string; label?: string })[];
  is_truncated: boolean;
  total: Sums;
}

const groups = ['day', 'key', 'user', 'team', 'model', 'customer', 'tag'] as const;
const groupings = [...groups, ...groups.slice(1).map((group) => `day,${group}`)];

/** `sluice spend`: what requests cost, from a running gateway's reports. */
export function spendCommand(options: GatewayCommandOptions): Command {
  return withGatewayOptions(
    new Command('spend')
      .description('report what a running gateway’s requests cost')
      .addOption(
        new Option('--by <group>', 'sum by this; day,model is a row for each model and day').choices(groupings).default('day'),
      )
      .option('--from <date>', 'first day in UTC, like 2026-11-01; default: 30 days ago', day)
      .option('--to <date>', 'last day, itself included; default: today', day)
      .option('--key <hash>', 'of this key only')
      .option('--user <id>', 'of this user only')
      .option('--team <id>', 'of this team only')
      .option('--model <name>', 'of this model only')
      .option('--limit <rows>', 'at most so many rows', limit)
      .option('--csv', 'print CSV'),
  ).action((flags: SpendFlags) =>
    withGateway(options, flags, async (client, output) => {
      if (flags.csv === true && flags.json === true) throw new CommandError('--csv or --json, not both');
      if (flags.key?.startsWith('sk-') === true) {
        throw new CommandError('--key: name a key by its hash (sluice keys list), for others can see what is typed here');
      }
      const query = {
        group_by: flags.by,
        start_date: flags.from,
        end_date: flags.to,
        api_key: flags.key,
        user_id: flags.user,
        team_id: flags.team,
        model: flags.model,
        limit: flags.limit,
      };
      if (flags.csv === true) {
        output.stdout.write(await client.getText('/spend/report', { ...query, format: 'csv' }));
        return;
      }
      const report = await client.get<Report>('/spend/report', query);
      output.stdout.write(flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : reportTable(report, flags.by));
      if (flags.json === true) return;
      output.stderr.write(`\n${report.start_date} to ${report.end_date}, UTC, in US dollars\n`);
      if (report.is_truncated) output.stderr.write('There are more rows; --limit or --csv shows them.\n');
    }),
  );
}

function reportTable({ rows, total }: Report, by: string): string {
  const hasDay = by.startsWith('day');
  const group = by.split(',').find((part) => part !== 'day');
  const names = [...(hasDay ? ['DAY'] : []), ...(group === undefined ? [] : [group.toUpperCase()])];
  const leading = ({ day: of, id, label }: Report['rows'][number]): Cell[] => [
    ...(hasDay ? [of ?? null] : []),
    ...(group === undefined ? [] : [nameOf(id ?? '', label)]),
  ];
  const cells = rows.map((row) => [...leading(row), ...sumCells(row)]);
  const last: Cell[] = ['total', ...names.slice(1).map(() => ' '), ...sumCells(total)];
  return formatTable([...names, 'REQUESTS', 'FAILED', 'PROMPT TOKENS', 'ANSWER TOKENS', 'COST'], [...cells, last]);
}

/** Hashes are cut: their beginning says enough. */
function nameOf(id: string, label: string | undefined): string {
  const short = /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
  return label === undefined || label === '' || label === id ? short : `${label} (${short})`;
}

function sumCells({ requests, failed_requests, prompt_tokens, completion_tokens, cost_usd }: Sums): Cell[] {
  return [requests, failed_requests, prompt_tokens, completion_tokens, formatUsd(cost_usd)];
}

function day(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('a day is like 2026-11-21.');
}

function limit(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a number of rows, from 1 on.');
}
