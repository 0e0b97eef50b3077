import { hashKey, keyName } from '../../keys/key-hash.ts';
import type { ImportedRows } from '../../store/import-rows.ts';
import type { Findings } from './findings.ts';
import { limitsOfRow, stampsOf } from './limits.ts';
import { restOfMetadata, restrictionsOf } from './restrictions.ts';
import type { SourceRow } from './source.ts';
import { dateOf, flagOf, isEmpty, listOf, objectOf, textOf, toList, toNano } from './values.ts';

type KeyRow = ImportedRows['keys'];

/** Keys that LiteLLM's dashboard makes for whoever logs in. */
export const dashboardTeam = 'litellm-dashboard';

/** A key as it will be, and LiteLLM's row of it. */
export interface PlannedKey {
  row: KeyRow;
  source: SourceRow;
  label: string;
  /** Why it must be blocked. */
  reasons: string[];
}

/** The digest by which a stored token is looked up: it is one already, unless it was stored in plain (only `sk-` keys are hashed there). */
export function digestOf(token: string): string {
  return /^[0-9a-f]{64}$/.test(token) ? token : hashKey(token);
}

/** Plans keys. `masterHash`: of LiteLLM's master key, whose own row is not imported; null: not known. */
export function planKeys(rows: readonly SourceRow[], masterHash: string | null, findings: Findings): PlannedKey[] {
  return rows.flatMap((source) => {
    const token = String(source['token']);
    const hash = digestOf(token);
    const name = textOf(source, 'key_name') ?? (token === hash ? 'sk-...' : keyName(token));
    const label = `${textOf(source, 'key_alias') ?? name} (${hash.slice(0, 8)})`;
    if (textOf(source, 'team_id') === dashboardTeam) return findings.skip('key', label, 'a login of LiteLLM’s dashboard') ?? [];
    if (hash === masterHash) return findings.skip('key', label, 'the master key, which is set in the environment') ?? [];
    tellLosses(source, label, findings);
    return [{ row: keyRow(source, hash, name), source, label, reasons: restrictionsOf(source) }];
  });
}

function keyRow(source: SourceRow, hash: string, name: string): KeyRow {
  const metadata = objectOf(source, 'metadata');
  return {
    hash,
    name: name.startsWith('sk-...') ? name : keyName(name),
    alias: textOf(source, 'key_alias')?.slice(0, 256) ?? null,
    user_id: textOf(source, 'user_id'),
    team_id: textOf(source, 'team_id'),
    budget_id: textOf(source, 'budget_id'),
    models: listOf(source, 'models'),
    allowed_routes: listOf(source, 'allowed_routes'),
    key_type: 'default',
    aliases: objectOf(source, 'aliases') as Record<string, string>,
    tags: toList(metadata['tags']),
    guardrails: toList(metadata['guardrails']),
    metadata: restOfMetadata(source).metadata,
    expires_at: dateOf(source, 'expires')?.toISOString() ?? null,
    blocked: flagOf(source, 'blocked'),
    temp_budget_increase: toNano(metadata['temp_budget_increase']),
    temp_budget_expiry: dateOf(metadata, 'temp_budget_expiry')?.toISOString() ?? null,
    extra: {},
    ...limitsOfRow(source),
    ...stampsOf(source),
  };
}

function tellLosses(source: SourceRow, label: string, findings: Findings): void {
  const metadata = objectOf(source, 'metadata');
  const tell = (isSo: boolean, reason: string) => isSo && findings.change('key', label, reason);
  tell(!isEmpty(source['permissions']), 'what its permissions grant does not exist here');
  tell(!isEmpty(source['config']) || !isEmpty(source['router_settings']), 'its own settings of routing are left out');
  tell(source['auto_rotate'] === true, 'it is not rotated by itself');
  tell(restOfMetadata(source).hadCallbacks, 'its callbacks are left out');
  tell(!isEmpty(metadata['allowed_passthrough_routes']), 'there are no pass-through routes');
  tell(
    ['rpm_limit_type', 'tpm_limit_type'].some((name) => metadata[name] === 'dynamic'),
    'its rate limits hold always, not only when backends fail',
  );
}

/** Plans keys that were rotated and are taken for a while yet. */
export function planRetiredKeys(rows: readonly SourceRow[], now: Date): ImportedRows['retired_keys'][] {
  return rows.flatMap((source) => {
    const [token, active, until] = [textOf(source, 'token'), textOf(source, 'active_token_id'), dateOf(source, 'revoke_at')];
    if (token === null || active === null || until === null || until <= now) return [];
    return [{ hash: digestOf(token), key_hash: digestOf(active), revoke_at: until.toISOString() }];
  });
}
