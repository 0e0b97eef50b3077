import type { Kysely, Transaction } from 'kysely';
import { hashKey } from '../../keys/key-hash.ts';
import { SecretBox } from '../../keys/secret-box.ts';
import { insertAuditRows } from '../../store/audit-rows.ts';
import { anythingChanged } from '../../store/change-feed.ts';
import { LedgerImport, type LedgerImportCounts } from '../../store/import-ledger.ts';
import { allowLongTransaction } from '../../store/import-rows.ts';
import type { Database } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import { applyPlan, type Applied } from './apply-plan.ts';
import { makePlan, type Plan } from './plan.ts';
import { LitellmSource } from './source.ts';
import { spendRowOf } from './spend-row.ts';

const rowsAtOnce = 1_000;

export interface ImportOptions {
  /** Of LiteLLM's database. */
  databaseUrl: string;
  /** The gateway's database. */
  store: Store;
  /** Writes nothing in the end. */
  isDryRun: boolean;
  /** From when requests are taken over into the ledger, ISO 8601 without a zone, in UTC; null: none are. */
  spendLogsSince: string | null;
  /** Goes on although organizations limit their teams and keys, and nothing here does. */
  withoutOrganizations: boolean;
  /** LiteLLM's, from its environment; null: not known. */
  litellmMasterKey: string | null;
  /** What LiteLLM encrypted with: its salt key, else its master key; null: not known. */
  litellmKey: string | null;
  /** What this gateway seals with: its salt key, else its master key; null: neither is set. */
  ownKey: string | null;
  now: Date;
  /** Hears what will be written before it is. */
  onReport(report: ImportReport): void;
}

/** What an import does, or would. */
export interface ImportReport {
  isDryRun: boolean;
  plan: Plan;
  applied: Applied;
  /** Requests that were added to the ledger; null: none were asked for. */
  logs: LedgerImportCounts | null;
}

/** Nothing was written. The message says why, and what to do. */
export class ImportRefused extends Error {}

/** Ends the transaction of a dry run. */
class RolledBack extends Error {}

/**
 * Imports LiteLLM's database into the gateway's: one read-only transaction there, one transaction here. Whatever fails or is interrupted, nothing
 * half is done. A dry run does the same and takes it back, so that it says what would happen.
 * @throws SourceError ImportRefused
 */
export async function importLitellm(options: ImportOptions): Promise<ImportReport> {
  const source = await LitellmSource.open(options.databaseUrl);
  try {
    const { now, litellmMasterKey, litellmKey } = options;
    const plan = await makePlan(source, {
      now,
      masterHash: litellmMasterKey === null ? null : hashKey(litellmMasterKey),
      litellmKey,
    });
    refuseOrganizations(plan, options);
    return await writeAll(source, plan, options);
  } finally {
    await source.close();
  }
}

function refuseOrganizations({ limitingOrganizations }: Plan, { withoutOrganizations, isDryRun }: ImportOptions): void {
  if (limitingOrganizations.length === 0 || withoutOrganizations || isDryRun) return;
  throw new ImportRefused(
    `${limitingOrganizations.length} organizations limit budget, rates or models of their teams and keys, which nothing here does: ` +
      `${limitingOrganizations.slice(0, 10).join(', ')}. Give their teams these limits, or go on without them: --without-organizations`,
  );
}

async function writeAll(source: LitellmSource, plan: Plan, options: ImportOptions): Promise<ImportReport> {
  const { store, isDryRun, now, ownKey, spendLogsSince, onReport } = options;
  let report: ImportReport | undefined;
  try {
    await store.db.transaction().execute(async (transaction) => {
      await allowLongTransaction(transaction);
      const applied = await applyPlan(transaction, plan, { now, box: ownKey === null ? null : new SecretBox(ownKey) });
      const logs = spendLogsSince === null ? null : await importLogs(source, transaction, spendLogsSince);
      report = { isDryRun, plan, applied, logs };
      onReport(report);
      if (isDryRun) throw new RolledBack();
      await tell(store, transaction, report, now);
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  if (report === undefined) throw new ImportRefused('the import ended before it began');
  return report;
}

async function importLogs(source: LitellmSource, transaction: Transaction<Database>, since: string): Promise<LedgerImportCounts> {
  const ledger = new LedgerImport(transaction);
  for await (const page of source.spendLogs(since, rowsAtOnce)) await ledger.add(page.map(spendRowOf));
  return ledger.finish();
}

/** One row of the audit log for all, and word to every gateway; nothing where nothing changed. */
async function tell(store: Store, db: Kysely<Database>, { applied, logs }: ImportReport, now: Date): Promise<void> {
  const changed = Object.entries(applied.tables).filter(([, { inserted, updated }]) => inserted + updated > 0);
  if (changed.length === 0 && applied.counters === 0 && (logs?.rows ?? 0) === 0) return;
  const after = { ...Object.fromEntries(changed), counters: applied.counters, requests: logs?.rows ?? 0 };
  await insertAuditRows(db, [
    {
      at: now,
      actor: 'command line',
      actor_role: 'admin',
      action: 'import.litellm',
      entity: 'import',
      entity_id: 'litellm',
      before: null,
      after: JSON.stringify(after),
      request_id: null,
    },
  ]);
  await store.announce(anythingChanged, db);
}
