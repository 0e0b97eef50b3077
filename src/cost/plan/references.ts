import type { ConfigModule, ConfigResource, Plan } from './plan.ts';

/** The part of a plan's `configuration` that answers "what does this argument refer to". Paths are module call names joined by dots. */
export interface Configuration {
  modules: Map<string, ConfigModule>;
  resources: Map<string, ConfigResource>;
  plan: Plan;
}

/** A resource reached by following references: which module it is declared in, its type and name, and the index if one was written. */
export interface Target {
  modulePath: string;
  type: string;
  name: string;
  index: string | number | undefined;
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
const parentOf = (path: string): string => path.split('.').slice(0, -1).join('.');
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Indexes a plan's configuration by module path. */
export function readConfiguration(plan: Plan): Configuration {
  const modules = new Map<string, ConfigModule>();
  const resources = new Map<string, ConfigResource>();
  const walk = (module: ConfigModule, path: string): void => {
    modules.set(path, module);
    for (const resource of module.resources ?? []) {
      if (resource.mode !== 'data') resources.set(`${path}|${resource.type}.${resource.name}`, resource);
    }
    for (const [name, call] of Object.entries(module.module_calls ?? {}))
      if (call.module !== undefined) walk(call.module, join(path, name));
  };
  walk(plan.configuration?.root_module ?? {}, '');
  return { modules, resources, plan };
}

function collect(expression: unknown, found: string[]): void {
  if (Array.isArray(expression)) for (const item of expression) collect(item, found);
  else if (isRecord(expression)) {
    for (const [key, value] of Object.entries(expression)) {
      if (key === 'references' && Array.isArray(value))
        found.push(...value.filter((item): item is string => typeof item === 'string'));
      else if (key !== 'constant_value') collect(value, found);
    }
  }
}

/** References of an expression without those that only are the beginning of a longer one: tofu lists `a.b[0].id`, `a.b[0]` and `a.b`. */
export function referencesOf(expression: unknown): string[] {
  const found: string[] = [];
  collect(expression, found);
  const unique = [...new Set(found)];
  return unique.filter((short) => !unique.some((long) => long.startsWith(`${short}.`) || long.startsWith(`${short}[`)));
}

/** The expression at a path of nested blocks, e.g. `launch_template`, `id`. A path through several blocks gathers all of them. */
export function expressionAt(expressions: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return expressions;
  if (Array.isArray(expressions)) return expressions.map((item) => expressionAt(item, path));
  return isRecord(expressions) ? expressionAt(expressions[key], rest) : undefined;
}

function parseIndex(written: string | undefined): string | number | undefined {
  if (written === undefined) return undefined;
  return /^\d+$/.test(written) ? Number(written) : written.replace(/^"|"$/g, '');
}

/** Follows one reference through module outputs and variables to resources. Locals do not appear in plan JSON: they lead nowhere. */
function follow(configuration: Configuration, reference: string, modulePath: string, depth: number): Target[] {
  if (depth > 8) return [];
  const [root = '', second = '', third = ''] = reference.split('.');
  const followAll = (expression: unknown, path: string): Target[] =>
    referencesOf(expression).flatMap((next) => follow(configuration, next, path, depth + 1));
  if (root === 'module') {
    const path = join(modulePath, second.replace(/\[.*$/, ''));
    const output = configuration.modules.get(path)?.outputs?.[third.replace(/\[.*$/, '')];
    return output === undefined ? [] : followAll(output.expression, path);
  }
  if (root === 'var') {
    const parent = parentOf(modulePath);
    const call = configuration.modules.get(parent)?.module_calls?.[modulePath.slice(parent === '' ? 0 : parent.length + 1)];
    return modulePath === '' ? [] : followAll(call?.expressions?.[second.replace(/\[.*$/, '')], parent);
  }
  const match = /^([a-z][a-z0-9_]*)\.([A-Za-z0-9_-]+)(?:\[("[^"]*"|\d+)\])?/.exec(reference);
  if (match === null || ['local', 'data', 'each', 'count', 'path', 'self', 'terraform'].includes(root)) return [];
  return [{ modulePath, type: match[1] ?? '', name: match[2] ?? '', index: parseIndex(match[3]) }];
}

/** The resources that the argument at `path` of a configured resource refers to, across modules. */
export function targetsOf(
  configuration: Configuration,
  modulePath: string,
  resource: ConfigResource,
  path: readonly string[],
): Target[] {
  const expression = expressionAt(resource.expressions, path);
  return referencesOf(expression).flatMap((reference) => follow(configuration, reference, modulePath, 0));
}

/** The value of an expression that is a constant or a root variable; undefined otherwise. */
export function constantOf(configuration: Configuration, expression: unknown, modulePath: string): unknown {
  if (!isRecord(expression)) return undefined;
  if ('constant_value' in expression) return expression['constant_value'];
  const name = referencesOf(expression)
    .find((reference) => reference.startsWith('var.'))
    ?.slice('var.'.length);
  if (name === undefined) return undefined;
  if (modulePath === '') return configuration.plan.variables?.[name]?.value;
  const parent = parentOf(modulePath);
  const call = configuration.modules.get(parent)?.module_calls?.[modulePath.slice(parent === '' ? 0 : parent.length + 1)];
  return constantOf(configuration, call?.expressions?.[name], parent);
}
