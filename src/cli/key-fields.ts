import { InvalidArgumentError, type Command } from 'commander';

/** What takes a limit away. Commander makes an empty text of null, so it stays a word until the body is made. */
const none = 'none';
type None = typeof none;

/** Options that say what a key shall be. */
export interface KeyFlags {
  alias?: string;
  user?: string;
  team?: string;
  models?: string[];
  budget?: number | None;
  budgetPeriod?: string;
  rpm?: number | None;
  tpm?: number | None;
  parallel?: number | None;
  expires?: string;
  tags?: string[];
  guardrails?: string[];
  type?: string;
}

/** Adds the options of `KeyFlags`; when a key is changed, `none` takes a limit away. */
export function withKeyOptions(command: Command, verb: 'create' | 'update'): Command {
  const taken = verb === 'update' ? '; none takes it away' : '';
  return command
    .option('--alias <name>', `its name in lists and reports${taken}`)
    .option('--user <id>', `whose it is${taken}`)
    .option('--team <id>', `its team${taken}`)
    .option('--models <names>', 'models it may use, separated by commas; none: all', list)
    .option('--budget <usd>', `what it may spend in a period, in US dollars${taken}`, amount)
    .option('--budget-period <duration>', `when the budget begins anew, like 1d, 7d, 1mo${taken}`)
    .option('--rpm <number>', `requests a minute${taken}`, count)
    .option('--tpm <number>', `tokens a minute${taken}`, count)
    .option('--parallel <number>', `requests at once${taken}`, count)
    .option('--expires <duration>', `how long from now, like 30d${taken}`)
    .option('--tags <names>', 'tags of its requests, separated by commas; none: no tags', list)
    .option('--guardrails <names>', 'guardrails that always run, separated by commas; none: no such', list)
    .option('--type <type>', 'what it may call: default, llm_api, management, read_only');
}

/** The fields of the admin API that options set. */
export function fieldsOf(flags: KeyFlags): Record<string, unknown> {
  const fields = {
    key_alias: flags.alias,
    user_id: flags.user,
    team_id: flags.team,
    models: flags.models,
    max_budget: flags.budget,
    budget_duration: flags.budgetPeriod,
    rpm_limit: flags.rpm,
    tpm_limit: flags.tpm,
    max_parallel_requests: flags.parallel,
    duration: flags.expires,
    tags: flags.tags,
    guardrails: flags.guardrails,
    key_type: flags.type,
  };
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value === none ? null : value]])),
  );
}

function list(given: string): string[] {
  if (given === none) return [];
  return given
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function amount(given: string): number | None {
  if (given === none) return none;
  if (!/^\d+(\.\d+)?$/.test(given)) throw new InvalidArgumentError('an amount is a number of US dollars, like 12.50, or none.');
  return Number(given);
}

function count(given: string): number | None {
  if (given === none) return none;
  if (!/^\d{1,15}$/.test(given)) throw new InvalidArgumentError('a whole number, or none.');
  return Number(given);
}
