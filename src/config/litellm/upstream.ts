import type { Setting } from './setting.ts';
import { bareOpenaiName, refusedProviders, supportedProviders, type ProviderRow } from './provider-table.ts';
import type { Translation } from './translation.ts';

/** Who serves a deployment, and under which name. */
export interface Upstream {
  prefix: string;
  row: ProviderRow;
  model: string;
}

/** What `model` and `custom_llm_provider` name; undefined after a finding. */
export function upstreamOf(model: Setting, customProvider: Setting | undefined): Upstream | undefined {
  const name = model.text();
  const custom = customProvider?.text();
  if (name === undefined || name === '') return model.refuse('must name a provider and a model, like openai/gpt-4o-mini');
  const slash = name.indexOf('/');
  const first = slash === -1 ? null : name.slice(0, slash);
  const prefix = custom ?? first ?? (bareOpenaiName.test(name) ? 'openai' : name.startsWith('claude') ? 'anthropic' : null);
  if (prefix === null) return model.refuse(`"${name}" names no provider; write openai/${name} with the api_base of the server`);
  const rest = first === prefix ? name.slice(slash + 1) : name;
  if (rest === '' || rest.includes('*')) {
    return model.refuse('names every model of the provider; wildcards are not built yet: list each model by its name');
  }
  const row = Object.hasOwn(supportedProviders, prefix) ? supportedProviders[prefix] : undefined;
  if (row !== undefined) return { prefix, row, model: rest };
  const known = Object.hasOwn(refusedProviders, prefix) ? refusedProviders[prefix] : undefined;
  const fault = custom === undefined ? model : (customProvider ?? model);
  return fault.refuse(
    known ??
      `provider "${prefix}" is not built; if it has an OpenAI-shaped endpoint, write openai/<model> with its address as api_base`,
  );
}

/** Address and key of a deployment, from its parameters, else from the variables that LiteLLM reads; a finding where one is missing. */
export function placeOf(
  { prefix, row }: Upstream,
  given: { apiBase: Setting | undefined; apiKey: Setting | undefined; model: Setting },
  translation: Translation,
): { baseUrl: string | undefined; apiKey: string | undefined } {
  const said = given.apiBase?.text() ?? translation.firstSet(row.baseVariables);
  if (said === undefined && row.baseUrl === null && given.apiBase === undefined)
    given.model.refuse(`${prefix}/ needs api_base, the address of the server`);
  const apiKey = given.apiKey?.text() ?? defaultKey(row, said, translation);
  if (apiKey === undefined && given.apiKey === undefined && row.needsKey && said === undefined) {
    const names = row.keyVariables.join(' or ');
    given.model.refuse(`${prefix}/ needs a key: set the environment variable ${names}, or write api_key`);
  }
  const address = said ?? row.baseUrl ?? undefined;
  return { baseUrl: address === undefined ? undefined : normalize(address, row), apiKey };
}

function defaultKey(row: ProviderRow, address: string | undefined, translation: Translation): string | undefined {
  const found = translation.firstSet(row.keyVariables);
  if (found !== undefined || translation.mode === 'load' || !row.needsKey) return found;
  // The new file is for another day, when the variable is set.
  return address === undefined ? `\${${row.keyVariables[0]}}` : undefined;
}

/** LiteLLM takes the address of Ollama's own API; the OpenAI wire lies beneath `/v1`. */
function normalize(address: string, { addsVersion }: ProviderRow): string {
  const plain = address.replace(/\/+$/, '');
  if (addsVersion !== true) return plain;
  const root = plain.replace(/\/api(\/(generate|chat))?$/, '');
  return root.endsWith('/v1') ? root : `${root}/v1`;
}
