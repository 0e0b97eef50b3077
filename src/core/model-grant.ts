import { GatewayError } from '../errors.ts';
import type { Access, ModelGrant } from './access.ts';
import type { Model } from './model-table.ts';

/**
 * Refuses a model that the key, its team or its user may not use. Whoever has a list may not learn what lies outside it: a name that
 * does not exist is refused alike.
 * @throws GatewayError `model_access_denied`
 */
export function checkGrants({ grants }: Access, name: string, model: Model | undefined): void {
  for (const grant of grants) {
    if (mayUse(grant, name) || (model !== undefined && mayUse(grant, model.name))) continue;
    const shown = name.slice(0, 200);
    const list = grant.models.join(', ').slice(0, 500);
    throw new GatewayError(
      'model_access_denied',
      `${grant.kind} not allowed to access model. This ${grant.kind} can only access models=[${list}]. Tried to access ${shown}`,
      { param: 'model', type: `${grant.kind}_model_access_denied` },
    );
  }
}

/** Whether all of a key's lists allow a model, by its name or by an alias. */
export function isGranted({ grants }: Access, names: readonly string[]): boolean {
  return grants.every((grant) => names.some((name) => mayUse(grant, name)));
}

function mayUse({ models }: ModelGrant, name: string): boolean {
  return models.some((pattern) => pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1))));
}
