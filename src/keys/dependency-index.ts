import type { AccessRow } from '../store/access-query.ts';

/** Which cached keys depend on a row of the store, so that a change finds them without looking at all. */
export class DependencyIndex {
  readonly #hashes = new Map<string, Set<string>>();

  add(hash: string, dependencies: readonly string[]): void {
    for (const dependency of dependencies) {
      const hashes = this.#hashes.get(dependency);
      if (hashes === undefined) this.#hashes.set(dependency, new Set([hash]));
      else hashes.add(hash);
    }
  }

  remove(hash: string, dependencies: readonly string[]): void {
    for (const dependency of dependencies) {
      const hashes = this.#hashes.get(dependency);
      hashes?.delete(hash);
      if (hashes?.size === 0) this.#hashes.delete(dependency);
    }
  }

  of(dependency: string): string[] {
    return [...(this.#hashes.get(dependency) ?? [])];
  }
}

/** The rows that a key's access was made from, also those that are not there yet, as `entity:id`. */
export function dependenciesOf({ key }: Pick<AccessRow, 'key'>): string[] {
  const { hash, user_id: user, team_id: team, budget_id: budget } = key;
  const dependencies = [`key:${hash}`];
  if (user !== null) dependencies.push(`user:${user}`);
  if (team !== null) dependencies.push(`team:${team}`);
  if (user !== null && team !== null) dependencies.push(`member:${team}/${user}`);
  if (budget !== null) dependencies.push(`budget:${budget}`);
  return dependencies;
}
