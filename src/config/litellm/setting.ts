import { isObject } from '../../wire/parse.ts';
import type { Path, Translation } from './translation.ts';

/** Stands for the value of a variable that is not set, which has been told: reading it gives undefined and no further finding. */
export const missing = Symbol('missing');

/** One value of the file and its place. Reading it as what it is not adds a finding and gives undefined. */
export class Setting {
  readonly path: Path;
  readonly value: unknown;
  readonly #translation: Translation;

  constructor(translation: Translation, path: Path, value: unknown) {
    this.#translation = translation;
    this.path = path;
    this.value = value;
  }

  refuse(message: string): undefined {
    if (this.value === missing) return undefined;
    this.#translation.refused.push({ path: this.path, message });
    return undefined;
  }

  warn(message: string): void {
    this.#translation.warnings.push({ path: this.path, message });
  }

  text(): string | undefined {
    if (typeof this.value === 'string') return this.value;
    if (typeof this.value === 'number') return String(this.value);
    return this.refuse('must be text');
  }

  /** As Python reads texts: LiteLLM takes `"true"` and what variables hold. */
  boolean(): boolean | undefined {
    if (typeof this.value === 'boolean') return this.value;
    const text = typeof this.value === 'string' ? this.value.toLowerCase() : '';
    if (text === 'true' || text === 'false') return text === 'true';
    return this.refuse('must be true or false');
  }

  /** A number, or a text that is one. Not below 0. */
  number(): number | undefined {
    const number = typeof this.value === 'string' && this.value.trim() !== '' ? Number(this.value) : this.value;
    if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number;
    const isReference = typeof this.value === 'string' && /^\$\{\w+\}$/.test(this.value);
    return this.refuse(
      isReference ? 'is a number from the environment; write the number before converting' : 'must be a number, at least 0',
    );
  }

  integer(): number | undefined {
    const number = this.number();
    return number === undefined || Number.isInteger(number) ? number : this.refuse('must be a whole number');
  }

  /** Seconds as whole milliseconds, at least 1. */
  milliseconds(): number | undefined {
    const seconds = this.number();
    return seconds === undefined ? undefined : Math.max(1, Math.round(seconds * 1000));
  }

  /** The keys of a map that have a value, each with its place. */
  entries(): [string, Setting][] {
    if (!isObject(this.value)) {
      this.refuse('must be a map');
      return [];
    }
    return Object.entries(this.value)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => [key, this.#at(key, value)]);
  }

  /** A key of a map; undefined where it has no value. */
  child(key: string): Setting | undefined {
    const value = isObject(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return value === undefined || value === null ? undefined : this.#at(key, value);
  }

  /** The same map with only some of its keys. */
  only(keys: readonly string[]): Setting {
    return new Setting(this.#translation, this.path, isObject(this.value) ? pick(this.value, keys) : this.value);
  }

  /** The items of a list, each with its place. */
  items(): Setting[] {
    if (Array.isArray(this.value)) return this.value.map((value, index) => this.#at(index, value));
    this.refuse('must be a list');
    return [];
  }

  #at(part: string | number, value: unknown): Setting {
    return new Setting(this.#translation, [...this.path, part], value);
  }
}

function pick(map: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => keys.includes(key)));
}
