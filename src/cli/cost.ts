import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { actualCommand } from '../cost/actual/command.ts';
import { guarded, processIo, type CommandIo } from '../cost/command-io.ts';
import { forecast, type Forecast, type ForecastOptions } from '../cost/forecast.ts';
import { formatUsd, usd } from '../cost/money.ts';
import { parsePlan, type Plan } from '../cost/plan/plan.ts';
import { readTarget } from '../cost/plan/tofu.ts';
import { ageDays, createBook, parseBook, type PriceBook } from '../cost/prices/book.ts';
import { bundledBook } from '../cost/prices/bundled.ts';
import { scenarios, type Scenario } from '../cost/range.ts';
import { compareWith } from '../cost/report/compare.ts';
import { explain } from '../cost/report/explain.ts';
import { formats } from '../cost/report/index.ts';
import { renderInfracostUsage } from '../cost/report/infracost-usage.ts';
import { incomplete, type Report } from '../cost/report/report.ts';
import { renderSvg } from '../cost/report/svg.ts';
import { createCostCurve } from '../cost/tokens/cost-curve.ts';
import { tokenEconomics } from '../cost/tokens/economics.ts';
import { parseUsage, readUsageText, type UsageProfile } from '../cost/usage/profile.ts';
import { readEnvironment } from '../config/environment.ts';
import { GatewayError } from '../errors.ts';
import { noProxies } from '../transport/proxies.ts';

/** Exit statuses besides 0 and the 1 of an error. */
const exitStatus = { strict: 3, budget: 4, stale: 5 } as const;

type RangeInput = number | [number, number, number];

interface CostOptions {
  env?: string;
  usage?: string;
  requests?: RangeInput;
  tokensIn?: number;
  tokensOut?: number;
  responseKb?: number;
  egressGb?: RangeInput;
  logsGb?: RangeInput;
  hoursOn?: number;
  tokensPerSecond?: number;
  format: string;
  out?: string;
  plot?: string;
  diff?: string;
  budget?: { amount: bigint; scenario: Scenario; written: string };
  strict?: boolean;
  explain?: string;
  region?: string;
  freeTier?: boolean;
  prices?: string;
  maxAge?: number;
  tokens: boolean;
  infracostUsage?: string;
  planOut?: string;
  tofu?: string;
  infrastructure: string;
  title?: string;
  maxLength?: number;
}

function parseAmount(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('a number is needed, such as 1000000');
  return Number(text);
}

function parseRangeOption(text: string): RangeInput {
  const [first = 0, second, third, ...more] = text.split(',').map((part) => parseAmount(part.trim()));
  if (second === undefined) return first;
  if (third === undefined || more.length > 0) throw new InvalidArgumentError('one number, or three: min,typical,max');
  return [first, second, third];
}

function parseBudget(text: string): { amount: bigint; scenario: Scenario; written: string } {
  const [amount = '', scenario = 'typical'] = text.split(':');
  const known = scenarios.find((candidate) => candidate === scenario);
  if (!/^\d+(\.\d+)?$/.test(amount) || known === undefined)
    throw new InvalidArgumentError('dollars a month, such as 500 or 900:max');
  return { amount: usd(amount), scenario: known, written: text };
}

function parseAge(text: string): number {
  const days = /^(\d+)d?$/.exec(text)?.[1];
  if (days === undefined) throw new InvalidArgumentError('days, such as 180d');
  return Number(days);
}

/** A JSON object's property as an object to spread; anything else is left to the usage schema to refuse. */
function section(value: unknown, key: string): Record<string, unknown> {
  const inner: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof inner === 'object' && inner !== null ? { ...inner } : {};
}

const defined = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** The usage file with the flags over it. */
async function readUsage(options: CostOptions): Promise<UsageProfile> {
  const name = options.usage ?? 'flags';
  const file = options.usage === undefined ? {} : readUsageText(await readText(options.usage), options.usage);
  const flags = {
    traffic: defined({
      requests: options.requests,
      promptTokens: options.tokensIn,
      outputTokens: options.tokensOut,
      responseKB: options.responseKb,
    }),
    gpu: defined({ outputTokensPerSecond: options.tokensPerSecond }),
    egress: defined({ internetGB: options.egressGb }),
    logs: defined({ ingestGB: options.logsGb }),
    hours: defined({ onPerMonth: options.hoursOn }),
  };
  const merged = Object.entries(flags).flatMap(([key, values]) =>
    Object.keys(values).length === 0 ? [] : [[key, { ...section(file, key), ...values }] as const],
  );
  // A file of comments alone is null, and says nothing.
  const base = file === null ? {} : typeof file === 'object' && !Array.isArray(file) ? file : { [name]: file };
  return parseUsage({ ...base, ...Object.fromEntries(merged) }, name);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GatewayError('not_found', `cannot read ${path}`, { cause });
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('bad_request', `${name} is not JSON`, { cause });
  }
}

async function readBook(options: CostOptions): Promise<PriceBook> {
  return options.prices === undefined ? bundledBook() : createBook(parseBook(await readText(options.prices), options.prices));
}

async function readPlan(target: string, options: CostOptions): Promise<Plan> {
  const stop = AbortSignal.timeout(15 * 60_000);
  const text = await readTarget(target, {
    program: options.tofu,
    surroundings: readEnvironment(process.env),
    infrastructure: options.infrastructure,
    environment: options.env,
    signal: stop,
  });
  const plan = parsePlan(parseJson(text, target));
  if (options.planOut !== undefined) await writeFile(options.planOut, text);
  return plan;
}

/** Sets the exit status that the gates ask for; the report is printed all the same. */
function applyGates(result: Forecast, options: CostOptions, io: CommandIo): void {
  const age = ageDays(result.book, io.nowMs());
  if (options.maxAge !== undefined && age > options.maxAge) {
    io.warn(`the price book is ${age} days old, more than ${options.maxAge}: run \`sluice prices refresh\``);
    io.setExitStatus(exitStatus.stale);
  } else if (age > 90) io.warn(`the price book is ${age} days old: run \`sluice prices refresh\``);
  const { budget } = options;
  if (budget !== undefined && result.total[budget.scenario] > budget.amount) {
    io.warn(
      `over the budget: ${formatUsd(result.total[budget.scenario])} a month (${budget.scenario}) is more than ${formatUsd(budget.amount)}`,
    );
    io.setExitStatus(exitStatus.budget);
  }
  const gaps = incomplete(result).filter((resource) => resource.status !== 'needs-usage');
  if (options.strict === true && gaps.length > 0) {
    io.warn(
      `--strict: ${gaps.length} resources have no price: ${gaps
        .slice(0, 5)
        .map((resource) => resource.address)
        .join(', ')}${gaps.length > 5 ? ', …' : ''}`,
    );
    io.setExitStatus(exitStatus.strict);
  }
}

async function runCost(target: string, options: CostOptions, io: CommandIo): Promise<void> {
  const book = await readBook(options);
  const inputs: ForecastOptions = {
    plan: await readPlan(target, options),
    book,
    usage: await readUsage(options),
    region: options.region,
    freeTier: options.freeTier === true,
    today: new Date(io.nowMs()).toISOString().slice(0, 10),
  };
  const result = forecast(inputs);
  const report: Report = {
    title: options.title ?? `${basename(target)}${options.env === undefined ? '' : ` ${options.env}`}`,
    forecast: result,
    comparison:
      options.diff === undefined ? undefined : compareWith(result, parseJson(await readText(options.diff), options.diff)),
    tokens: options.tokens ? tokenEconomics(result, createCostCurve(inputs, result)) : undefined,
    generatedAt: new Date(io.nowMs()).toISOString(),
    maxLength: options.maxLength,
  };
  const text = options.explain === undefined ? (formats[options.format]?.(report) ?? '') : explain(result, options.explain);
  if (options.out === undefined) io.write(text);
  else await writeFile(options.out, text);
  if (options.plot !== undefined && report.tokens !== undefined) await writeFile(options.plot, renderSvg(report.tokens));
  if (options.infracostUsage !== undefined) await writeFile(options.infracostUsage, renderInfracostUsage(result));
  applyGates(result, options, io);
}

/** `sluice cost`: what a topology, a folder or a plan will cost a month. Exit status 3: --strict, 4: --budget, 5: --max-age. */
export function costCommand(io: CommandIo = processIo, proxies = noProxies): Command {
  return new Command('cost')
    .description('what a topology, a folder of HCL or a plan will cost a month: min, typical, max')
    .argument('<target>', 'a topology (gpu, fargate, eks), a folder, a plan file or plan JSON')
    .option('--env <name>', 'environment of the topology: dev, staging or prod')
    .option('--usage <file>', 'usage file (YAML): traffic, hours on, quantities of single resources')
    .addOption(new Option('--requests <n>', 'requests a month: one number, or min,typical,max').argParser(parseRangeOption))
    .addOption(new Option('--tokens-in <n>', 'tokens of a prompt').argParser(parseAmount))
    .addOption(new Option('--tokens-out <n>', 'tokens of an answer').argParser(parseAmount))
    .addOption(new Option('--response-kb <n>', 'KB of an answer').argParser(parseAmount))
    .addOption(new Option('--egress-gb <n>', 'GB to the internet a month, or min,typical,max').argParser(parseRangeOption))
    .addOption(new Option('--logs-gb <n>', 'GB of logs a month, or min,typical,max').argParser(parseRangeOption))
    .addOption(new Option('--hours-on <n>', 'hours of the month that instances and tasks run').argParser(parseAmount))
    .addOption(new Option('--tokens-per-second <n>', 'measured output tokens a second of one GPU').argParser(parseAmount))
    .addOption(new Option('--format <name>', 'how to print').choices(Object.keys(formats)).default('table'))
    .option('--out <file>', 'write there instead of printing')
    .option('--plot <file>', 'write the plot of $ per million tokens there, as SVG')
    .option('--diff <file>', 'compare with an earlier report in JSON')
    .addOption(
      new Option('--budget <usd>', 'exit with 4 when a month costs more; 900:max looks at the maximum').argParser(parseBudget),
    )
    .option('--strict', 'exit with 3 when anything has no price')
    .option('--explain <address>', 'print the arithmetic of one resource, with sources and dates')
    .option('--region <name>', 'region of resources whose region the plan does not tell')
    .option('--free-tier', "take AWS's always-free allowances off, as lines of their own")
    .option('--prices <file>', 'another price book')
    .addOption(new Option('--max-age <days>', 'exit with 5 when the price book is older').argParser(parseAge))
    .option('--no-tokens', 'leave out $ per million tokens and break-even')
    .option('--infracost-usage <file>', "write the same usage as Infracost's usage file")
    .option('--plan-out <file>', 'keep the plan as JSON')
    .option('--tofu <program>', 'OpenTofu or Terraform: a name or a path (default: $SLUICE_TOFU, else what is installed)')
    .option('--infrastructure <folder>', 'where topologies and environments lie', 'infrastructure')
    .option('--title <text>', 'headline of the report')
    .addOption(new Option('--max-length <n>', 'longest markdown, where several reports share one comment').argParser(parseAmount))
    .action((target: string, options: CostOptions) => guarded(io, () => runCost(target, options, io)))
    .addCommand(actualCommand(io, proxies));
}
