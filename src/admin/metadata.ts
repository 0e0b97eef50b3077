import { liftedNames } from '../wire/admin/values.ts';
import { keptFields } from '../wire/admin/foreign-fields.ts';

type Values = Record<string, unknown>;

/** Names that may hold a secret are not kept. */
const secretName = /password|secret|token|api_?key|credential/i;

/** A body whose metadata holds nothing that acts: what LiteLLM would find there stands among the fields, whose own win. */
export function liftMetadata<Body extends Values>(body: Body): Body {
  const { metadata } = body;
  if (typeof metadata !== 'object' || metadata === null) return body;
  const rest = { ...metadata } as Values;
  const lifted: Values = {};
  for (const name of liftedNames) {
    if (rest[name] === undefined) continue;
    lifted[name] = rest[name];
    delete rest[name];
  }
  return { ...lifted, ...withoutUndefined(body), metadata: rest } as Values as Body;
}

/** The metadata of a row as LiteLLM shows it: with what acts. */
export function shownMetadata(metadata: Readonly<Values>, acting: Readonly<Values>): Values {
  const set = liftedNames.filter((name) => Object.keys((acting[name] ?? {}) as object).length > 0);
  return { ...metadata, ...Object.fromEntries(set.map((name) => [name, acting[name]])) };
}

/** The `extra` column after a change: harmless fields that have no meaning here, kept to be given back. */
export function extraColumn(body: Values, known: ReadonlySet<string>, before: Readonly<Values> = {}): { extra?: string } {
  const kept = Object.entries(keptFields(body, known)).filter(([name]) => !secretName.test(name));
  return kept.length === 0 ? {} : { extra: JSON.stringify({ ...before, ...Object.fromEntries(kept) }) };
}

function withoutUndefined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
