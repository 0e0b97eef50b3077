import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';

type Key = Config['keys'][number];

/** Whether clients need a key: as soon as there is any, or a file that may hold some. */
export function isKeyed({ masterKey, keys, keysFile }: Config, environment: Environment): boolean {
  return environment.masterKey !== undefined || masterKey !== undefined || keys.length > 0 || keysFile !== undefined;
}

/**
 * Whether a database is opened, an embedded one where none is named. A master key makes keys that must be kept, and what keys of the configuration
 * spend is. Keys that are known by their hash alone and have no budget need none, and those of a keys file never ask for one: hosts that share a list of
 * keys are many, and keep nothing.
 */
export function usesStore(config: Config, environment: Environment): boolean {
  const isNamed = environment.databaseUrl !== undefined || config.database.url !== undefined;
  return isNamed || environment.masterKey !== undefined || keepsSpend(config);
}

/** Whether the configuration by itself asks for a database. */
export function keepsSpend({ masterKey, keys }: Config): boolean {
  return masterKey !== undefined || keys.some((key) => key.hash === undefined || hasBudget(key));
}

/** Whether a key may spend so much and no more. */
export function hasBudget({ limits }: Key): boolean {
  return [limits, ...Object.values(limits.models)].some(({ budgetUsd }) => budgetUsd !== undefined);
}
