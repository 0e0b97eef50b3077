import { isDeepStrictEqual } from 'node:util';
import { hasModelSecrets, openModelParams, sealModelParams } from '../../keys/model-secrets.ts';
import type { SecretBox } from '../../keys/secret-box.ts';
import type { ImportedRows } from '../../store/import-rows.ts';
import type { Findings } from './findings.ts';
import { stampsOf } from './limits.ts';
import { openLitellmSecret } from './open-litellm-secret.ts';
import type { SourceRow } from './source.ts';
import { flagOf, objectOf } from './values.ts';

type ModelRow = ImportedRows['models'];

/** A model as it will be. */
export interface PlannedModel {
  /** Its parameters are in plain. */
  row: ModelRow;
  /** Whether some of them could not be opened. */
  isClosed: boolean;
}

interface ModelInput {
  rows: readonly SourceRow[];
  /** LiteLLM's salt key, else its master key; null: not known. */
  litellmKey: string | null;
}

/** Models made by LiteLLM's API, their parameters in plain. One whose parameters cannot be opened is disabled, without them. */
export function planModels({ rows, litellmKey }: ModelInput, findings: Findings): PlannedModel[] {
  return rows.map((source) => {
    const id = String(source['model_id']);
    const name = String(source['model_name']);
    const closed: string[] = [];
    const params = Object.fromEntries(
      Object.entries(objectOf(source, 'litellm_params')).map(([key, value]) => [
        key,
        open(value, litellmKey, () => closed.push(key)),
      ]),
    );
    if (closed.length > 0) {
      findings.block('model', name, [
        `${closed.join(', ')} cannot be decrypted${litellmKey === null ? '' : ' with this key'}: run again with the right --salt-key (else LITELLM_SALT_KEY, else LITELLM_MASTER_KEY)`,
      ]);
    }
    const info = objectOf(source, 'model_info');
    const isClosed = closed.length > 0;
    const row = { id, name, params, info, blocked: flagOf(source, 'blocked') || isClosed, ...stampsOf(source) };
    return { row, isClosed };
  });
}

/** Texts at any depth; one that cannot be opened becomes null. */
function open(value: unknown, litellmKey: string | null, onClosed: () => void): unknown {
  if (Array.isArray(value)) return value.map((item) => open(item, litellmKey, onClosed));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, open(item, litellmKey, onClosed)]));
  }
  if (typeof value !== 'string') return value;
  const opened = openLitellmSecret(value, litellmKey ?? '');
  if (opened === null) onClosed();
  return opened?.text ?? null;
}

/**
 * Models as they are stored: their secrets sealed, those that did not change as they were sealed before; one that cannot be opened now never replaces
 * what an earlier import could open. Without a key to seal with, models that
 * have secrets are disabled and lose them.
 */
export function sealModels(
  models: readonly PlannedModel[],
  { box, stored }: { box: SecretBox | null; stored: ReadonlyMap<string, Readonly<Record<string, unknown>>> },
  findings: Findings,
): ModelRow[] {
  return models.flatMap(({ row: model, isClosed }) => {
    if (isClosed && stored.has(model.id)) return findings.skip('model', model.name, 'what is here already can be read') ?? [];
    if (!hasModelSecrets(model.params)) return model;
    if (box === null) {
      findings.block('model', model.name, ['its secrets cannot be kept: set SLUICE_SALT_KEY, or a master key, and run again']);
      return { ...model, blocked: true, params: withoutSecrets(model.params) };
    }
    const before = stored.get(model.id);
    const isSame = before !== undefined && isDeepStrictEqual(tryOpen(before, box), model.params);
    return { ...model, params: isSame ? { ...before } : sealModelParams(model.params, box) };
  });
}

function withoutSecrets(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => !hasModelSecrets({ [name]: value })));
}

function tryOpen(params: Readonly<Record<string, unknown>>, box: SecretBox): unknown {
  try {
    return openModelParams(params, box);
  } catch {
    // Sealed under another key: it is sealed anew.
    return null;
  }
}
