import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { GatewayError } from '../../errors.ts';
import { noProxies, type Proxies } from '../../transport/proxies.ts';
import { guarded, type CommandIo } from '../command-io.ts';
import { readBill, type BillQuery } from './cost-explorer.ts';
import { renderSettlement, settleForecast } from './settle.ts';

interface ActualOptions {
  forecast: string;
  month?: string;
  tag?: { key: string; value: string };
  endpoint: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
}

function parseMonth(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('a month, such as 2026-10');
  return text;
}

function parseTag(text: string): { key: string; value: string } {
  const [key = '', ...value] = text.split('=');
  if (key === '' || value.length === 0) throw new InvalidArgumentError('a tag, such as Topology=gpu');
  return { key, value: value.join('=') };
}

const isoDay = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/** The days of a month that are over, and how many the month has. */
export function monthSoFar(month: string, nowMs: number): { start: string; end: string; days: number; of: number } {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const first = Date.UTC(year, number - 1, 1);
  const next = Date.UTC(year, number, 1);
  const today = Date.parse(`${isoDay(nowMs)}T00:00:00Z`);
  const end = Math.min(next, today);
  const days = (end - first) / 86_400_000;
  if (days < 1) throw new GatewayError('bad_request', `no day of ${month} is over yet`);
  return { start: isoDay(first), end: isoDay(end), days, of: (next - first) / 86_400_000 };
}

function parseReport(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('bad_request', `${path} is not JSON`, { cause });
  }
}

async function runActual(options: ActualOptions, io: CommandIo, proxies: Proxies): Promise<void> {
  const { accessKeyId, secretAccessKey } = options;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new GatewayError(
      'bad_request',
      'Cost Explorer needs AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), allowed ce:GetCostAndUsage',
    );
  }
  const period = monthSoFar(options.month ?? isoDay(io.nowMs()).slice(0, 7), io.nowMs());
  const query: BillQuery = { start: period.start, end: period.end, tag: options.tag };
  // Only this command goes out: a forecast does not load an HTTP client.
  const { Transport } = await import('../../transport/transport.ts');
  const transport = new Transport({ proxies });
  try {
    const report = parseReport(await readFile(options.forecast, 'utf8'), options.forecast);
    const credentials = { accessKeyId, secretAccessKey, sessionToken: options.sessionToken };
    const bill = await readBill(query, { transport, endpoint: options.endpoint, credentials, nowMs: io.nowMs() });
    io.write(
      `Forecast and bill of ${period.start} to ${period.end} (${period.days} of ${period.of} days)${options.tag === undefined ? ', whole account' : `, ${options.tag.key}=${options.tag.value}`}\n\n`,
    );
    io.write(renderSettlement(settleForecast(report, bill, period)));
  } finally {
    await transport.close();
  }
}

/** `sluice cost actual`: the forecast beside what Cost Explorer says was billed, by service. */
export function actualCommand(io: CommandIo, proxies = noProxies): Command {
  return new Command('actual')
    .description('set a forecast against the bill of Cost Explorer, by service (each question costs $0.01)')
    .requiredOption('--forecast <file>', 'report of `sluice cost --format json`')
    .addOption(new Option('--month <yyyy-mm>', 'month to look at (default: this one)').argParser(parseMonth))
    .addOption(new Option('--tag <key=value>', 'only resources with this cost allocation tag').argParser(parseTag))
    .addOption(new Option('--endpoint <url>', 'Cost Explorer').default('https://ce.us-east-1.amazonaws.com'))
    .addOption(new Option('--access-key-id <id>').env('AWS_ACCESS_KEY_ID').hideHelp())
    .addOption(new Option('--secret-access-key <key>').env('AWS_SECRET_ACCESS_KEY').hideHelp())
    .addOption(new Option('--session-token <token>').env('AWS_SESSION_TOKEN').hideHelp())
    .action((options: ActualOptions) => guarded(io, () => runActual(options, io, proxies)));
}
