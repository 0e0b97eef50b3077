import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../wire/parse.ts';

/**
 * JSON Schema as a grammar (llama.cpp's GBNF) that lets only matching JSON through, with one space after `:` and `,` and none elsewhere.
 *
 * Our own rather than the library's, which reads `anyOf` as null, ignores `required`, `pattern` and the bounds of numbers in silence, and
 * lets answers end in newlines. A keyword that this grammar cannot hold is refused by name, never ignored. Two things are weaker than the
 * specification: `oneOf` is read as `anyOf`, and an object has the properties that the schema names and no others.
 */

const anyRules: Record<string, string> = {
  value: 'object | array | string | number | boolean | null',
  object: '"{" (string ": " value (", " string ": " value)*)? "}"',
  array: '"[" (value (", " value)*)? "]"',
  string: '"\\"" character* "\\""',
  character: String.raw`[^"\\\x00-\x1F\x7F] | "\\" (["\\bfnrt/] | "u" ([0-9a-cA-CefEF] hex hex hex | [dD] [0-7] hex hex))`,
  hex: '[0-9a-fA-F]',
  number: 'integer ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',
  integer: '"-"? ("0" | [1-9] [0-9]{0,14})',
  boolean: '"true" | "false"',
  null: '"null"',
};

const annotations = new Set(
  '$schema $id $comment $anchor title description default examples deprecated readOnly writeOnly $defs definitions'.split(' '),
);
const understood = new Set(
  'type enum const anyOf oneOf allOf $ref properties required additionalProperties items prefixItems minItems maxItems minLength maxLength'.split(
    ' ',
  ),
);
/** llama.cpp unrolls repetitions and descends by recursion: these keep one request from taking the memory of all. */
const greatestBound = 2000;
const greatestBoundSum = 20_000;
const deepestNesting = 64;
const typeNames = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);

/** A text that the grammar demands as it is. */
export function literal(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`)}"`;
}

/** Collects the rules of one grammar. `add` compiles schemas into it; `build` gives the whole. */
export class JsonGrammar {
  readonly #rules = new Map(Object.entries(anyRules));
  readonly #references = new Map<unknown, string>();

  /** The grammar with this expression as its root. */
  build(root: string): string {
    return [`root ::= ${root}`, ...[...this.#rules].map(([name, rule]) => `${name} ::= ${rule}`)].join('\n');
  }

  /** Adds a rule of the caller's own. */
  define(name: string, expression: string): void {
    this.#rules.set(name, expression);
  }

  /**
   * An expression for JSON that matches the schema.
   * @param field where the schema stands in the request, for error messages
   * @throws GatewayError `unsupported_parameter` or `bad_request`, naming keyword and path
   */
  add(schema: unknown, field: string): string {
    return new SchemaCompiler(this.#rules, this.#references, { schema, field }).compile(schema, field);
  }
}

class SchemaCompiler {
  readonly #rules: Map<string, string>;
  readonly #references: Map<unknown, string>;
  readonly #root: { schema: unknown; field: string };
  #depth = 0;
  #boundSum = 0;

  constructor(rules: Map<string, string>, references: Map<unknown, string>, root: { schema: unknown; field: string }) {
    this.#rules = rules;
    this.#references = references;
    this.#root = root;
  }

  /** Compiles to the name of a rule. */
  compile(schema: unknown, field: string): string {
    if (schema === true) return 'value';
    if (!isObject(schema)) throw invalid(field, 'must be a JSON schema (an object)');
    const known = this.#references.get(schema);
    if (known !== undefined) return known;
    const name = this.#newName();
    this.#references.set(schema, name);
    if (this.#depth === deepestNesting)
      throw unsupported(field, `the engine holds at most ${deepestNesting} levels of schemas in schemas`);
    this.#depth++;
    this.#rules.set(name, this.#express(schema, field));
    this.#depth--;
    return name;
  }

  #newName(): string {
    const name = `r${this.#rules.size}`;
    this.#rules.set(name, '');
    return name;
  }

  #express(schema: JsonObject, field: string): string {
    const keywords = Object.keys(schema).filter((key) => !annotations.has(key) && schema[key] !== undefined);
    const strange = keywords.find((key) => !understood.has(key) && !isBoundOfEveryInteger(key, schema));
    if (strange !== undefined)
      throw unsupported(`${field}.${strange}`, `the engine cannot hold answers to the keyword "${strange}"; leave it out`);
    const alone = ['$ref', 'anyOf', 'oneOf', 'allOf'].find((key) => keywords.includes(key));
    if (alone !== undefined) {
      const other = keywords.find((key) => key !== alone);
      if (other !== undefined) throw unsupported(`${field}.${other}`, `the engine cannot combine "${alone}" with "${other}"`);
      return this.#combine(alone, schema[alone], `${field}.${alone}`);
    }
    if ('const' in schema) return literal(JSON.stringify(schema['const']));
    if ('enum' in schema)
      return alternatives(schema['enum'], `${field}.enum`)
        .map((value) => literal(JSON.stringify(value)))
        .join(' | ');
    return this.#typesOf(schema, field)
      .map((type) => this.#expressType(type, schema, field))
      .join(' | ');
  }

  #combine(keyword: string, value: unknown, field: string): string {
    if (keyword === '$ref') return this.#follow(value, field);
    const branches = alternatives(value, field);
    if (keyword === 'allOf' && branches.length > 1)
      throw unsupported(field, 'the engine cannot combine several schemas by "allOf"');
    return branches.map((branch, index) => this.compile(branch, `${field}[${index}]`)).join(' | ');
  }

  #follow(reference: unknown, field: string): string {
    const path = typeof reference === 'string' ? /^#((?:\/[^/]+)*)$/.exec(reference)?.[1] : undefined;
    if (path === undefined)
      throw unsupported(field, 'the engine follows references within the schema only, such as "#/$defs/name"');
    let target = this.#root.schema;
    for (const part of path.split('/').slice(1)) {
      const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      target = isObject(target) || Array.isArray(target) ? Reflect.get(target, key) : undefined;
    }
    if (target === undefined) throw invalid(field, `refers to ${String(reference)}, which is not in the schema`);
    return this.compile(target, this.#root.field + path.replaceAll('/', '.'));
  }

  #typesOf(schema: JsonObject, field: string): string[] {
    const { type } = schema;
    if (type === undefined) {
      if ('properties' in schema || 'required' in schema || 'additionalProperties' in schema) return ['object'];
      if ('items' in schema || 'prefixItems' in schema || 'minItems' in schema || 'maxItems' in schema) return ['array'];
      if ('minLength' in schema || 'maxLength' in schema) return ['string'];
      return ['value'];
    }
    const types = Array.isArray(type) ? type : [type];
    if (types.length === 0 || !types.every((name) => typeof name === 'string' && typeNames.has(name))) {
      throw invalid(`${field}.type`, `must be one or more of ${[...typeNames].join(', ')}`);
    }
    return types.map(String);
  }

  #expressType(type: string, schema: JsonObject, field: string): string {
    if (type === 'object') return this.#expressObject(schema, field);
    if (type === 'array') return this.#expressArray(schema, field);
    if (type === 'string') {
      const range = this.#repetition(schema, ['minLength', 'maxLength'], field);
      return range === '*' ? 'string' : `"\\"" character${range} "\\""`;
    }
    return type;
  }

  #expressArray(schema: JsonObject, field: string): string {
    const { items = true, prefixItems } = schema;
    if (prefixItems !== undefined) {
      if (items !== false || 'minItems' in schema || 'maxItems' in schema) {
        throw unsupported(
          `${field}.prefixItems`,
          'the engine can hold "prefixItems" only together with "items": false and without bounds',
        );
      }
      const members = alternatives(prefixItems, `${field}.prefixItems`).map((item, index) =>
        this.compile(item, `${field}.prefixItems[${index}]`),
      );
      return `"[" ${members.join(' ", " ')} "]"`;
    }
    const item = this.compile(items, `${field}.items`);
    const minimum = this.#bound(schema, 'minItems', field) ?? 0;
    const maximum = this.#bound(schema, 'maxItems', field);
    if (maximum === 0) return '"[]"';
    const more = `(", " ${item}){${Math.max(0, minimum - 1)},${maximum === undefined ? '' : maximum - 1}}`;
    return minimum === 0 ? `"[" (${item} ${more})? "]"` : `"[" ${item} ${more} "]"`;
  }

  #expressObject(schema: JsonObject, field: string): string {
    const { properties = {}, required = [], additionalProperties = true } = schema;
    if (!isObject(properties)) throw invalid(`${field}.properties`, 'must be an object of schemas');
    if (!Array.isArray(required)) throw invalid(`${field}.required`, 'must be a list of property names');
    const names = new Set([...Object.keys(properties), ...required.map(String)]);
    if (names.size === 0) return this.#expressMap(additionalProperties, field);
    const members = [...names].map((name) => {
      const value = name in properties ? properties[name] : additionalProperties;
      if (value === false) throw invalid(`${field}.required`, `names "${name}", which the schema does not allow`);
      return {
        pair: `${literal(`${JSON.stringify(name)}: `)} ${this.compile(value, `${field}.properties.${name}`)}`,
        isRequired: required.includes(name),
      };
    });
    // From the end: what may follow when a member stands before (with a comma) and when none does (without).
    let afterMember = '';
    let atStart = '';
    for (const { pair, isRequired } of members.toReversed()) {
      const rest = afterMember === '' ? '' : ` ${this.#rule(afterMember)}`;
      const start = atStart === '' ? '""' : this.#rule(atStart);
      atStart = isRequired ? `${pair}${rest}` : `${pair}${rest} | ${start}`;
      afterMember = isRequired ? `", " ${pair}${rest}` : `(", " ${pair}${rest}) | ${rest || '""'}`;
    }
    return `"{" (${atStart}) "}"`;
  }

  #expressMap(additionalProperties: unknown, field: string): string {
    if (additionalProperties === false) return '"{}"';
    const value = this.compile(additionalProperties, `${field}.additionalProperties`);
    return `"{" (string ": " ${value} (", " string ": " ${value})*)? "}"`;
  }

  #repetition(schema: JsonObject, [least, most]: [string, string], field: string): string {
    const minimum = this.#bound(schema, least, field) ?? 0;
    const maximum = this.#bound(schema, most, field);
    return minimum === 0 && maximum === undefined ? '*' : `{${minimum},${maximum ?? ''}}`;
  }

  #bound(schema: JsonObject, key: string, field: string): number | undefined {
    const value = schema[key];
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
      throw invalid(`${field}.${key}`, 'must be an integer of at least 0');
    this.#boundSum += value;
    if (value > greatestBound || this.#boundSum > greatestBoundSum) {
      throw unsupported(
        `${field}.${key}`,
        `the engine holds bounds up to ${greatestBound}, and up to ${greatestBoundSum} together`,
      );
    }
    return value;
  }

  #rule(expression: string): string {
    const name = this.#newName();
    this.#rules.set(name, expression);
    return name;
  }
}

function alternatives(value: unknown, field: string): unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw invalid(field, 'must be a list with at least one element');
}

function invalid(field: string, message: string): GatewayError {
  return new GatewayError('bad_request', `${field}: ${message}`, { param: field, details: [{ field, message }] });
}

/** Whether a bound is kept by every whole number that the grammar knows, of 15 digits at most. Generators write those of safe integers. */
function isBoundOfEveryInteger(key: string, schema: JsonObject): boolean {
  const bound = schema[key];
  if (schema['type'] !== 'integer' || typeof bound !== 'number') return false;
  return (key === 'minimum' && bound <= -1e15) || (key === 'maximum' && bound >= 1e15);
}

function unsupported(field: string, message: string): GatewayError {
  return new GatewayError('unsupported_parameter', `${field}: ${message}`, { param: field });
}
