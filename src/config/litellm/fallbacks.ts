import type { Setting } from './setting.ts';
import type { ModelInput, Translation } from './translation.ts';

/** The parts of `router_settings` and `litellm_settings` that say who stands in for whom. */
export interface FallbackSettings {
  /** Names of `model_list`, also of models that are refused. */
  declared: ReadonlySet<unknown>;
  aliases: Setting | undefined;
  fallbacks: Setting | undefined;
  contextWindowFallbacks: Setting | undefined;
  defaultFallbacks: Setting | undefined;
}

/** `model_group_alias` and the lists of fallbacks, onto models that are there already. */
export function translateFallbacks(settings: FallbackSettings, translation: Translation): void {
  const models = translation.input.models ?? [];
  translateAliases(settings, models, translation);
  const byName = new Map(
    models.flatMap((model, index) => [model.name, ...(model.aliases ?? [])].map((name) => [name, index] as const)),
  );
  for (const key of ['fallbacks', 'contextFallbacks'] as const) {
    const setting = key === 'fallbacks' ? settings.fallbacks : settings.contextWindowFallbacks;
    const entries = (setting?.items() ?? []).flatMap((item) => item.entries());
    for (const [name, list] of entries.filter(([name]) => name !== '*')) {
      const index = byName.get(name);
      if (index === undefined && !settings.declared.has(name)) list.warn(`is ignored: there is no model "${name}"`);
      if (index !== undefined) add({ models, index, key, isForAll: false }, list, translation);
    }
    for (const [, list] of entries.filter(([name]) => name === '*')) forAll(models, key, list, translation);
  }
  if (settings.defaultFallbacks !== undefined) forAll(models, 'fallbacks', settings.defaultFallbacks, translation);
}

function translateAliases({ aliases, declared }: FallbackSettings, models: ModelInput[], translation: Translation): void {
  for (const [alias, target] of aliases?.entries() ?? []) {
    const name = (target.child('model') ?? target).text();
    const index = models.findIndex((model) => model.name === name);
    const model = models[index];
    if (target.child('hidden')?.boolean() === true) target.warn('is an alias like any other: nothing hides it');
    if (model === undefined) {
      if (name !== undefined && !declared.has(name)) target.refuse(`there is no model "${name}"`);
    } else if (declared.has(alias)) target.refuse(`"${alias}" is a model of model_list; rename one of the two`);
    else {
      translation.trace(['models', index, 'aliases', model.aliases?.length ?? 0], target.path);
      model.aliases = [...(model.aliases ?? []), alias];
    }
  }
}

interface Place {
  models: ModelInput[];
  index: number;
  key: 'fallbacks' | 'contextFallbacks';
  /** From a list that holds for every model, which may name the model itself. */
  isForAll: boolean;
}

function add({ models, index, key, isForAll }: Place, list: Setting, translation: Translation): void {
  const model = models[index];
  if (model === undefined) return;
  const own = isForAll ? [model.name, ...(model.aliases ?? [])] : [];
  for (const item of list.items()) {
    if (typeof item.value !== 'string') item.refuse('must be the name of a model; parameters of a fallback are not built');
    else if (!own.includes(item.value) && !(model[key] ?? []).includes(item.value)) {
      const names = (model[key] ??= []);
      translation.trace(['models', index, key, names.length], item.path);
      names.push(item.value);
    }
  }
}

/** A list for every model that has none of its own. */
function forAll(models: ModelInput[], key: Place['key'], list: Setting, translation: Translation): void {
  const bare = models.flatMap((model, index) => ((model[key]?.length ?? 0) > 0 ? [] : [index]));
  for (const index of bare) add({ models, index, key, isForAll: true }, list, translation);
}
