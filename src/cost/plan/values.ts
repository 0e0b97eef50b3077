/** The arguments of a planned resource, as the provider's schema names them. Unknown values are absent. */
export type Values = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A non-empty string argument. */
export function text(values: Values, key: string): string | undefined {
  const value = values[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A numeric argument; numbers that the provider's schema keeps as strings (`"512"`) count too. */
export function numeric(values: Values, key: string): number | undefined {
  const value = values[key];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

/** Whether an argument is true; templates keep some booleans as strings. */
export function isTrue(values: Values, key: string): boolean {
  return values[key] === true || values[key] === 'true';
}

/** Nested blocks of a name; none when absent. */
export function blocks(values: Values, key: string): Values[] {
  const value = values[key];
  if (isRecord(value)) return [value];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** The first nested block of a name, or an empty one. */
export function block(values: Values, ...path: string[]): Values {
  return path.reduce<Values>((inner, key) => blocks(inner, key)[0] ?? {}, values);
}

/** The length of a list argument; undefined when unknown or absent. */
export function listLength(values: Values, key: string): number | undefined {
  const value = values[key];
  return Array.isArray(value) ? value.length : undefined;
}

/** Strings of a list argument. */
export function texts(values: Values, key: string): string[] {
  const value = values[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
