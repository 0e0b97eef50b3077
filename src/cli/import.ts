import { Command, InvalidArgumentError } from 'commander';
import type { Environment } from '../config/environment.ts';

/** Options of `sluice import litellm`. */
export interface LitellmFlags {
  databaseUrl?: string;
  to?: string;
  config?: string;
  dryRun?: true;
  spendLogsSince?: Date;
  withoutOrganizations?: true;
  saltKey?: string;
  json?: true;
}

/** `sluice import litellm` */
export function importCommand(environment: Environment): Command {
  const command = new Command('import').description('take over keys, users, teams, budgets and spend of another gateway');
  command
    .command('litellm')
    .description('import LiteLLM’s PostgreSQL database into the gateway’s; as often as needed, and all or nothing')
    .option('--database-url <url>', 'LiteLLM’s database, which is only read (LITELLM_DATABASE_URL)')
    .option('--dry-run', 'say what an import would do, and write nothing')
    .option('--spend-logs-since <date>', 'take over requests since this day, like 2026-01-31, into the ledger too', parseDate)
    .option('--without-organizations', 'go on although organizations limit their teams, which nothing here does')
    .option('--salt-key <key>', 'what LiteLLM encrypted models with (LITELLM_SALT_KEY, else LITELLM_MASTER_KEY)')
    .option('--to <url>', 'the gateway’s PostgreSQL database (DATABASE_URL, else database.url, else the embedded one)')
    .option('-c, --config <file>', 'the gateway’s configuration file')
    .option('--json', 'print JSON')
    .action(async (flags: LitellmFlags) => {
      // Other commands must not wait until what only this one needs is loaded.
      const { runLitellmImport } = await import('./import-litellm.ts');
      await runLitellmImport(environment, flags);
    });
  return command;
}

function parseDate(text: string): Date {
  const date = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('a date is like 2026-01-31, or 2026-01-31T12:00:00Z; UTC.');
  return date;
}
