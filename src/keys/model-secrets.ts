import { isSealed, type SecretBox } from './secret-box.ts';

type Params = Readonly<Record<string, unknown>>;

/** Parameters of a model whose texts are secrets; other texts are shown to administrators. */
const secretName = /(^|_)(key|secret|token|password|credentials?|authorization)(_|$)|^(extra_)?headers$/i;
/** Its value is a name, by which a credential is found. */
const isName = (name: string): boolean => name === 'litellm_credential_name';

/** A model's `litellm_params` as they are stored: every text of a parameter that may be a secret is sealed, at any depth. */
export function sealModelParams(params: Params, box: SecretBox): Record<string, unknown> {
  return mapEntries(params, (name, value) =>
    secretName.test(name) && !isName(name) ? mapTexts(value, (text) => (isSealed(text) ? text : box.seal(text))) : value,
  );
}

/** A stored model's `litellm_params` with its secrets. @throws SecretBoxError: they were sealed under another key */
export function openModelParams(params: Params, box: SecretBox): Record<string, unknown> {
  return mapEntries(params, (_name, value) => mapTexts(value, (text) => (isSealed(text) ? box.open(text) : text)));
}

/** What of a model's parameters may be shown: without those that may be secrets, at any depth. */
export function withoutModelSecrets(params: Params): Record<string, unknown> {
  const shown = Object.entries(params).filter(([name]) => !secretName.test(name) || isName(name));
  return Object.fromEntries(shown.map(([name, value]) => [name, withoutSecrets(value)]));
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  return typeof value === 'object' && value !== null ? withoutModelSecrets(value as Params) : value;
}

/** Whether a model has parameters that must be sealed. */
export function hasModelSecrets(params: Params): boolean {
  return Object.entries(params).some(([name, value]) => {
    let hasText = false;
    if (secretName.test(name) && !isName(name)) mapTexts(value, (text) => ((hasText = true), text));
    return hasText;
  });
}

function mapEntries(params: Params, map: (name: string, value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, map(name, value)]));
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return mapEntries(value as Params, (_name, item) => mapTexts(item, map));
}
