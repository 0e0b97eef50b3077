import { InvalidArgumentError, type Command } from 'commander';

/** Options that say what a key shall be. `null`: taken away. */
export interface KeyFlags {
  alias?: string | null;
  user?: string | null;
  team?: string | null;
  models?: string[];
  budget?: number | null;
  budgetPeriod?: string | null;
  rpm?: number | null;
  tpm?: number | null;
  parallel?: number | null;
  expires?: string | null;
  tags?: string[];
  guardrails?: string[];
  type?: string;
}

/** Adds the options of `KeyFlags`; when a key is changed, `none` takes a limit away. */
export function withKeyOptions(command: Command, verb: 'create' | 'update'): Command {
  const none = verb === 'update' ? '; none takes it away' : '';
  return command
    .option('--alias <name>', `its name in lists and reports${none}`, text)
    .option('--user <id>', `whose it is${none}`, text)
    .option('--team <id>', `its team${none}`, text)
    .option('--models <names>', 'models it may use, separated by commas; none: all', list)
    .option('--budget <usd>', `what it may spend in a period, in US dollars${none}`, amount)
    .option('--budget-period <duration>', `when the budget begins anew, like 1d, 7d, 1mo${none}`, text)
    .option('--rpm <number>', `requests a minute${none}`, count)
    .option('--tpm <number>', `tokens a minute${none}`, count)
    .option('--parallel <number>', `requests at once${none}`, count)
    .option('--expires <duration>', `how long from now, like 30d${none}`, text)
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
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function text(given: string): string | null {
  return given === 'none' ? null : given;
}

function list(given: string): string[] {
  if (given === 'none') return [];
  return given
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function amount(given: string): number | null {
  if (given === 'none') return null;
  if (!/^\d+(\.\d+)?$/.test(given)) throw new InvalidArgumentError('an amount is a number of US dollars, like 12.50, or none.');
  return Number(given);
}

function count(given: string): number | null {
  if (given === 'none') return null;
  if (!/^\d{1,15}$/.test(given)) throw new InvalidArgumentError('a whole number, or none.');
  return Number(given);
}
