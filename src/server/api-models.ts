import { configSchema, type ModelConfig } from '../config/schema.ts';
import { translate } from '../config/litellm/translate.ts';
import type { Note, Variables } from '../config/litellm/translation.ts';
import type { ModelEntry } from '../admin/models.ts';
import type { ErrorDetail } from '../errors.ts';
import { openModelParams } from '../keys/model-secrets.ts';
import type { SecretBox } from '../keys/secret-box.ts';
import { findModels, type ModelRow } from '../store/models-rows.ts';
import type { Store } from '../store/store.ts';
import { describeCause } from '../telemetry/describe-cause.ts';
import type { Logger } from '../telemetry/log.ts';
import { describeIssues, formatPath, invalidFields } from '../wire/parse.ts';

/** A model that the API made, as the table of models takes it. */
export interface AddedModel {
  config: ModelConfig;
  /** Of its backends, in their order: the ids of their rows. */
  backendIds: readonly string[];
}

interface ApiModelsInput {
  store: Store;
  /** What secrets are sealed with now; null: no key is set. */
  box: () => SecretBox | null;
  /** The environment, for `os.environ/NAME` and the usual variables of sellers. */
  variables: Variables;
  /** Whether the configuration has this name as an alias of a model. */
  isAlias: (name: string) => boolean;
  logger: Logger;
  /** The models are others now. */
  onChange: () => void;
}

/** The gateway's own: whoever may make models may not read them out through one. */
const ownVariable = /^(SLUICE|LITELLM|DATABASE|REDIS|PG|POSTGRES)/;

/** Models that the API made: read from the store at the start and at every change that any gateway on it tells of. */
export class ApiModels {
  readonly #input: ApiModelsInput;
  readonly #variables: Variables;
  readonly #stopListening: readonly (() => void)[];
  #models: readonly AddedModel[] = [];
  #infos: ReadonlyMap<string, ModelRow['info']> = new Map();
  #running: Promise<void> | null = null;
  #isOutdated = false;

  constructor(input: ApiModelsInput) {
    this.#input = input;
    this.#variables = Object.fromEntries(Object.entries(input.variables).filter(([name]) => !ownVariable.test(name)));
    this.#stopListening = [
      input.store.onChange(({ entity }) => {
        if (entity === 'model') void this.load();
      }),
      input.store.onState((state) => {
        if (state === 'connected') void this.load();
      }),
    ];
  }

  get models(): readonly AddedModel[] {
    return this.#models;
  }

  /** `model_info` of a backend; null: the API did not make it. */
  infoOf(backendId: string): Readonly<Record<string, unknown>> | null {
    return this.#infos.get(backendId) ?? null;
  }

  /**
   * Whether an entry can be a model here, and what of it has no effect.
   * @throws GatewayError `bad_request`, naming every field at fault
   */
  check(entry: ModelEntry): ErrorDetail[] {
    const { model_name: name } = entry;
    if (this.#input.isAlias(name)) {
      const message = `"${name}" is an alias of a model of the configuration; choose another name, or the model's own to give it a further backend`;
      throw invalidFields([{ field: 'model_name', message }]);
    }
    const { faults, warnings } = this.#translated([entry]);
    if (faults.length > 0) throw invalidFields(faults.map(toDetail));
    return warnings.map(toDetail);
  }

  /** Reads all models anew; what is asked for while it runs is done once more after it. Never rejects: what was known stays. */
  load(): Promise<void> {
    this.#isOutdated = true;
    return (this.#running ??= this.#loadWhileOutdated().finally(() => (this.#running = null)));
  }

  close(): void {
    for (const stop of this.#stopListening) stop();
  }

  async #loadWhileOutdated(): Promise<void> {
    const { store, logger, onChange } = this.#input;
    while (this.#isOutdated) {
      this.#isOutdated = false;
      try {
        this.#take(await findModels(store.db));
        onChange();
      } catch (error) {
        logger.warn({ cause: describeCause(error as Error) }, 'the models in the database cannot be read; those known stay');
      }
    }
  }

  #take(rows: readonly ModelRow[]): void {
    const groups = new Map<string, { id: string; entry: ModelEntry }[]>();
    for (const row of rows.filter(({ blocked }) => !blocked)) {
      const entry = this.#usable(row);
      if (entry !== null) groups.set(row.name, [...(groups.get(row.name) ?? []), { id: row.id, entry }]);
    }
    this.#models = [...groups.values()].flatMap((members) => this.#group(members) ?? []);
    const used = new Set(this.#models.flatMap(({ backendIds }) => backendIds));
    this.#infos = new Map(rows.filter(({ id }) => used.has(id)).map(({ id, info }) => [id, info]));
  }

  /** A row as an entry that is good by itself; null, with a line in the log, where it is not. */
  #usable({ id, name, params, info }: ModelRow): ModelEntry | null {
    const { box, logger } = this.#input;
    try {
      const sealing = box();
      const entry = {
        model_name: name,
        litellm_params: sealing === null ? params : openModelParams(params, sealing),
        model_info: info,
      };
      this.check(entry);
      return entry;
    } catch (error) {
      logger.warn(
        { id, model: name, cause: describeCause(error as Error) },
        'a model in the database cannot be used and is left out',
      );
      return null;
    }
  }

  #group(members: readonly { id: string; entry: ModelEntry }[]): AddedModel | null {
    const { faults, model, order } = this.#translated(members.map(({ entry }) => entry));
    if (model !== undefined) return { config: model, backendIds: order.map((at) => members[at]?.id ?? '') };
    const ids = members.map(({ id }) => id);
    this.#input.logger.warn(
      { ids, faults: faults.map(toDetail) },
      'models in the database cannot be used together and are left out',
    );
    return null;
  }

  /** Entries of one name as one model of ours; `order` has the entry of each backend. */
  #translated(entries: readonly ModelEntry[]) {
    // The id is a column of its own; the translation would warn of it.
    const list = entries.map(({ model_info: { id: _id, ...info }, ...entry }) => ({ ...entry, model_info: info }));
    const translation = translate({ model_list: list }, this.#variables, 'load');
    const parsed = configSchema.safeParse(translation.input);
    const ofSchema = (parsed.error?.issues ?? []).flatMap((issue): Note[] =>
      describeIssues([issue]).map(({ message }) => ({ path: translation.originOf(issue.path), message })),
    );
    const faults = translation.refused.length > 0 ? translation.refused : ofSchema;
    const model = faults.length === 0 ? parsed.data?.models?.[0] : undefined;
    const order = (model?.backends ?? []).map((_backend, at) => Number(translation.originOf(['models', 0, 'backends', at])[1]));
    return { faults, warnings: translation.warnings, model, order };
  }
}

/** A place in the list of one entry as the caller knows it. */
function toDetail({ path, message }: Note): ErrorDetail {
  return { field: path.length <= 2 ? 'model_name' : formatPath(path.slice(2)), message };
}
