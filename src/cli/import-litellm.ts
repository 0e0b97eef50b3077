import { ConfigError } from '../config/config-error.ts';
import type { Environment } from '../config/environment.ts';
import { findConfigFile, readConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { importLitellm, ImportRefused } from '../migrate/litellm/import-litellm.ts';
import { reportJson, reportText } from '../migrate/litellm/report.ts';
import { SourceError } from '../migrate/litellm/source.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { LitellmFlags } from './import.ts';

/** The import could not begin. The message says what to do. */
class CommandError extends Error {}

/** Does an import as the command line says; a failure is told, with exit code 1. */
export async function runLitellmImport(environment: Environment, flags: LitellmFlags): Promise<void> {
  try {
    await importWith(environment, flags);
  } catch (error) {
    const isTold = [CommandError, ConfigError, ImportRefused, SourceError].some((kind) => error instanceof kind);
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(isTold ? `${message}\n` : `the import failed, and nothing was written: ${message}\n`);
    process.exitCode = 1;
  }
}

async function importWith(environment: Environment, flags: LitellmFlags): Promise<void> {
  const databaseUrl = flags.databaseUrl ?? environment.litellm.databaseUrl;
  if (databaseUrl === undefined) {
    throw new CommandError('where is LiteLLM’s database? Give --database-url, or set LITELLM_DATABASE_URL');
  }
  const { config } = readConfig(findConfigFile(flags.config ?? environment.configPath, process.cwd()), environment.variables);
  const since = flags.spendLogsSince;
  if (since !== undefined) refusePruned(since, config);
  const store = await openTarget(environment, config, flags.to);
  try {
    const masterKey = environment.masterKey ?? config.masterKey?.reveal();
    const { litellm } = environment;
    await importLitellm({
      databaseUrl,
      store,
      isDryRun: flags.dryRun === true,
      spendLogsSince: since === undefined ? null : since.toISOString().replace('Z', ''),
      withoutOrganizations: flags.withoutOrganizations === true,
      litellmMasterKey: litellm.masterKey ?? masterKey ?? null,
      litellmKey: flags.saltKey ?? litellm.saltKey ?? litellm.masterKey ?? null,
      ownKey: environment.saltKey ?? masterKey ?? null,
      now: new Date(),
      onReport: (report) => {
        process.stdout.write(flags.json === true ? `${JSON.stringify(reportJson(report), null, 2)}\n` : reportText(report));
      },
    });
    process.stderr.write(flags.dryRun === true ? '\nNothing was written.\n' : '\nDone.\n');
  } finally {
    await store.close();
  }
}

/** Rows that the gateway has removed for their age would be added again, and their sums a second time. */
function refusePruned(since: Date, { spend: { retentionDays } }: Config): void {
  if (retentionDays === undefined || since.getTime() >= Date.now() - retentionDays * 86_400_000) return;
  throw new CommandError(
    `the gateway keeps requests for ${retentionDays} days (spend.retentionDays): give --spend-logs-since a day within them`,
  );
}

async function openTarget(environment: Environment, config: Config, to: string | undefined): Promise<Store> {
  const { url, poolSize, connectTimeoutMs } = config.database;
  const tell = (_fields: object, message: string) => process.stderr.write(`${message}\n`);
  const store = await openStore({
    url: to ?? environment.databaseUrl ?? url?.reveal() ?? null,
    directory: environment.databaseDirectory,
    poolSize,
    connectTimeoutMs,
    log: { info: () => undefined, warn: tell, error: tell },
  }).catch((error: unknown) => {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  });
  if (store.state === 'connected') return store;
  await store.close();
  throw new CommandError(
    'the gateway’s database cannot be reached: check --to, DATABASE_URL, or database.url of the configuration',
  );
}
