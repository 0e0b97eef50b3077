import type { AwsRequest } from '../../rehearsal/mock-aws.ts';

/** What a request is given, of AWS's query protocol or in JSON alike. */
export class Parameters {
  readonly #form: URLSearchParams;
  readonly #json: Readonly<Record<string, unknown>>;

  constructor({ type, body }: Pick<AwsRequest, 'type' | 'body'>) {
    const isJson = type.includes('json');
    this.#json = isJson && body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : {};
    this.#form = new URLSearchParams(isJson ? '' : body);
  }

  #valuesOf(value: unknown): string[] {
    if (Array.isArray(value)) return value.flatMap((one) => this.#valuesOf(one));
    return typeof value === 'string' ? [value] : [];
  }

  has(name: string): boolean {
    return this.#form.has(name) || name in this.#json;
  }

  /** The values of the first of the names that is given. */
  all(...names: string[]): string[] {
    const name = names.find((one) => this.has(one));
    if (name === undefined) return [];
    const form = this.#form.getAll(name);
    return form.length > 0 ? form : this.#valuesOf(this.#json[name]);
  }

  text(name: string): string {
    return this.all(name)[0] ?? '';
  }

  /** Of an object in JSON, the values under a name. */
  under(outer: string, name: string): string[] {
    const object = this.#json[outer];
    return typeof object === 'object' && object !== null ? this.#valuesOf(Reflect.get(object, name)) : [];
  }

  /** Values of a form whose names match, such as every `…TagSpecification.1.ResourceType`. */
  like(pattern: RegExp): string[] {
    return [...this.#form].filter(([name]) => pattern.test(name)).map(([, value]) => value);
  }

  /** Keys of the lock table that a request reads or writes. */
  lockIds(): string[] {
    return [this.#json['Key'], this.#json['Item']].flatMap((object) => {
      const id: unknown = typeof object === 'object' && object !== null ? Reflect.get(object, 'LockID') : undefined;
      return typeof id === 'object' && id !== null ? this.#valuesOf(Reflect.get(id, 'S')) : [];
    });
  }
}
