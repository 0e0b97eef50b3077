import { GatewayError, type ErrorDetail } from '../errors.ts';
import { hasModelSecrets, openModelParams, sealModelParams, withoutModelSecrets } from '../keys/model-secrets.ts';
import { SecretBoxError, type SecretBox } from '../keys/secret-box.ts';
import { deleteModelRow, insertModel, lockModel, updateModelRow, type ModelRow } from '../store/models-rows.ts';
import type { ModelChanges, NewModelBody } from '../wire/admin/model.ts';
import type { Caller } from './caller.ts';
import { requireAdmin } from './reach.ts';
import { notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { actorOf, inTransaction } from './work.ts';

type Params = Readonly<Record<string, unknown>>;

/** A model as LiteLLM's `model_list` has it, with its secrets. */
export interface ModelEntry {
  model_name: string;
  litellm_params: Params;
  model_info: Params;
}

/** What the administration of models works with. */
export interface ModelServices {
  admin: AdminServices;
  /** What secrets are sealed with; null: neither a salt key nor a master key is set. */
  box: () => SecretBox | null;
  /** What of an entry is accepted and has no effect. @throws GatewayError `bad_request`, naming every field at fault */
  check: (entry: ModelEntry) => ErrorDetail[];
  /** Takes over what is stored now. */
  reload: () => Promise<void>;
}

/** Makes a model, or a further backend of one. @throws GatewayError `bad_request` `route_access_denied` */
export async function newModel(services: ModelServices, caller: Caller, body: NewModelBody): Promise<object> {
  requireAdmin(caller);
  const { id, ...info } = body.model_info ?? {};
  const params = seal(services, withoutNulls(body.litellm_params));
  const warnings = checkStored(services, { name: body.model_name, params, info });
  const row = await inTransaction(services.admin, caller, async (work) => {
    const made = await insertModel(work.db, {
      id: id ?? services.admin.newId(),
      name: body.model_name,
      params: JSON.stringify(params),
      info: JSON.stringify(info),
      blocked: body.blocked ?? false,
      created_at: work.now,
      created_by: actorOf(caller),
      updated_at: work.now,
      updated_by: actorOf(caller),
    });
    work.changed({ entity: 'model', id: made.id, verb: 'create', before: null, after: made });
    return made;
  });
  await services.reload();
  return toWire(row, warnings);
}

/**
 * Changes a model that the API made. With `merge` parameters are merged into those that were, null taking one away; else they replace them.
 * @throws GatewayError `bad_request` `not_found` `route_access_denied`
 */
export async function updateModel(
  services: ModelServices,
  caller: Caller,
  { id, body, how }: { id: string; body: ModelChanges; how: 'merge' | 'replace' },
): Promise<object> {
  requireAdmin(caller);
  const answer = await inTransaction(services.admin, caller, async (work) => {
    const before = await lockModel(work.db, id);
    if (before === undefined) throw notFound('Model', id, 'id');
    const given = seal(services, body.litellm_params ?? {});
    const isMerged = how === 'merge' || body.litellm_params === undefined;
    const params = withoutNulls(isMerged ? { ...before.params, ...given } : given);
    const info = withoutNulls({ ...before.info, ...withoutIds(body.model_info ?? {}) });
    const name = body.model_name ?? before.name;
    const warnings = checkStored(services, { name, params, info });
    const after = await updateModelRow(work.db, id, {
      name,
      params: JSON.stringify(params),
      info: JSON.stringify(info),
      blocked: body.blocked ?? before.blocked,
      updated_at: work.now,
      updated_by: actorOf(caller),
    });
    work.changed({ entity: 'model', id, verb: 'update', before, after });
    return toWire(after, warnings);
  });
  await services.reload();
  return answer;
}

/** Deletes a model that the API made. @throws GatewayError `not_found` `route_access_denied` */
export async function deleteModel(services: ModelServices, caller: Caller, id: string): Promise<{ message: string }> {
  requireAdmin(caller);
  await inTransaction(services.admin, caller, async (work) => {
    const row = await lockModel(work.db, id);
    if (row === undefined) throw notFound('Model', id, 'id');
    await deleteModelRow(work.db, id);
    work.changed({ entity: 'model', id, verb: 'delete', before: row, after: null });
  });
  await services.reload();
  return { message: `Model: ${id} deleted successfully` };
}

function seal({ box }: ModelServices, params: Params): Params {
  if (!hasModelSecrets(params)) return params;
  const sealing = box();
  if (sealing !== null) return sealModelParams(params, sealing);
  throw new GatewayError(
    'bad_request',
    'secrets of models are stored encrypted, and there is no key to encrypt them with; set SLUICE_SALT_KEY (or a master key) and start again',
    { param: 'litellm_params' },
  );
}

/** Checks a model as it would be read back. */
function checkStored(
  services: ModelServices,
  { name, params, info }: { name: string; params: Params; info: Params },
): ErrorDetail[] {
  return services.check({ model_name: name, litellm_params: opened(services, params), model_info: info });
}

function opened({ box }: ModelServices, params: Params): Params {
  const opening = box();
  if (opening === null) return params;
  try {
    return openModelParams(params, opening);
  } catch (cause) {
    if (!(cause instanceof SecretBoxError)) throw cause;
    throw new GatewayError('bad_request', `${cause.message}; or send all of litellm_params anew to POST /model/update`, {
      param: 'litellm_params',
      cause,
    });
  }
}

function withoutNulls(values: Params): Params {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
}

/** The id stands in a column of its own. */
function withoutIds({ id: _id, ...rest }: Params): Params {
  return rest;
}

function toWire({ id, name, params, info, ...row }: ModelRow, warnings: readonly ErrorDetail[]): object {
  return {
    model_id: id,
    model_name: name,
    litellm_params: withoutModelSecrets(params),
    model_info: { ...withoutModelSecrets(info), id, db_model: true },
    ...row,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}
