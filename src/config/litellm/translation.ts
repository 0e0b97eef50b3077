import type { z } from 'zod';
import type { configSchema } from '../schema.ts';

export type Variables = Readonly<Record<string, string | undefined>>;
export type Path = readonly (string | number)[];

/** What is to be said of a place in the file that is translated. */
export interface Note {
  path: Path;
  message: string;
}

/** A configuration of our own before it is parsed. */
export type ConfigInput = z.input<typeof configSchema>;
export type ModelInput = NonNullable<ConfigInput['models']>[number];
export type BackendInput = ModelInput['backends'][number];

/** `load`: references are replaced by values. `convert`: they become references of our own, so that secrets stay out of the new file. */
export type Mode = 'load' | 'convert';

/** What a translation is made of, collected while it goes through the file. */
export class Translation {
  readonly input: ConfigInput = {};
  readonly refused: Note[] = [];
  readonly warnings: Note[] = [];
  readonly mode: Mode;
  readonly environment: Variables;
  /** The environment, and below it what the file adds. */
  readonly variables: Variables;
  readonly #origins: { ours: Path; theirs: Path }[] = [];

  constructor(mode: Mode, environment: Variables, added: Variables) {
    this.mode = mode;
    this.environment = environment;
    this.variables = { ...added, ...environment };
  }

  /** Sets a key of our configuration and remembers where it came from. */
  set(ours: Path, value: unknown, theirs: Path): void {
    let node = this.input as Record<string | number, unknown>;
    for (const part of ours.slice(0, -1)) node = (node[part] ??= {}) as Record<string | number, unknown>;
    node[ours.at(-1) ?? ''] = value;
    this.trace(ours, theirs);
  }

  /** Remembers which place of theirs a place of ours came from. */
  trace(ours: Path, theirs: Path): void {
    this.#origins.push({ ours, theirs });
  }

  /** Where a place of ours came from: the longest known path that leads to it. */
  originOf(path: readonly PropertyKey[]): Path {
    const fits = this.#origins.filter(({ ours }) => ours.every((part, at) => part === path[at]));
    return fits.reduce<{ ours: Path; theirs: Path }>((best, one) => (one.ours.length >= best.ours.length ? one : best), {
      ours: [],
      theirs: [],
    }).theirs;
  }

  /** The first variable of a list that is set, as a value or as a reference, by mode; undefined: none is set. */
  firstSet(names: readonly string[]): string | undefined {
    const name = names.find((one) => (this.variables[one] ?? '') !== '');
    if (name === undefined) return undefined;
    return this.mode === 'load' ? this.variables[name] : `\${${name}}`;
  }
}
