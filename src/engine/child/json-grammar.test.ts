import { getLlama, LlamaLogLevel, type Llama } from 'node-llama-cpp';
import { beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '../../errors.ts';
import { JsonGrammar } from './json-grammar.ts';
import { toolCallGrammar } from './tool-calls.ts';

let llama: Llama;

beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: 1 });
});

/** Which of the texts llama.cpp lets through as whole answers. */
async function accepted(grammar: string, texts: string[]): Promise<string[]> {
  const compiled = (await llama.createGrammar({ grammar })) as unknown as { _testText: (text: string) => boolean };
  return texts.filter((text) => compiled._testText(text));
}

function compile(schema: unknown): string {
  const grammar = new JsonGrammar();
  return grammar.build(grammar.add(schema, 'schema'));
}

const node = {
  type: 'object',
  properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
  required: ['next'],
};

describe('JsonGrammar', () => {
  it.each([
    {
      name: 'properties in order, optional ones left out or not',
      schema: {
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'integer' }, c: { type: 'null' } },
        required: ['b'],
      },
      good: ['{"b": 1}', '{"a": "x", "b": 1}', '{"b": 1, "c": null}', '{"a": "x", "b": -12, "c": null}'],
      bad: ['{}', '{"a": "x"}', '{, "b": 1}', '{"b": 1.5}', '{"b": 01}', '{"b": 1, "d": 2}', '{"b": 1}\n\n'],
    },
    {
      name: 'objects of optional properties only',
      schema: { properties: { a: { const: 1 }, c: { const: 2 } } },
      good: ['{}', '{"a": 1}', '{"c": 2}', '{"a": 1, "c": 2}'],
      bad: ['{"c": 2, "a": 1}', '{, "c": 2}', '{"a": 1, }'],
    },
    {
      name: 'lists of types, and the length of strings in characters',
      schema: { type: ['string', 'null'], maxLength: 3 },
      good: ['"abc"', 'null', String.raw`"\u00e9x\n"`, '"é🦆x"'],
      bad: ['"abcd"', '1', '"a', String.raw`"\ud800"`],
    },
    {
      name: 'anyOf',
      schema: { anyOf: [{ type: 'boolean' }, { type: 'number' }] },
      good: ['true', '-2.5e3'],
      bad: ['null', '"x"'],
    },
    {
      name: 'references, also to what contains them',
      schema: { $defs: { node }, $ref: '#/$defs/node' },
      good: ['{"next": null}', '{"next": {"next": null}}'],
      bad: ['null', '{"next": 1}'],
    },
    {
      name: 'bounds of arrays, and enums of any JSON',
      schema: { type: 'array', items: { enum: ['a', 1, { x: 'é"' }] }, minItems: 2, maxItems: 3 },
      good: ['["a", 1]', String.raw`["a", 1, {"x":"é\""}]`],
      bad: ['[]', '["a"]', '["a", 1, 1, 1]'],
    },
    {
      name: 'tuples',
      schema: { prefixItems: [{ type: 'number' }, true], items: false },
      good: ['[1, {"a": []}]'],
      bad: ['[1]', '[1, 2, 3]'],
    },
    {
      name: 'maps',
      schema: { type: 'object', additionalProperties: { type: 'integer' } },
      good: ['{}', '{"x": 1, "y": 2}'],
      bad: ['{"x": "1"}'],
    },
    {
      name: 'whole numbers with the bounds of safe integers, which zod writes by itself',
      schema: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      good: ['-7', '999999999999999'],
      bad: ['1.5', '9999999999999999999'],
    },
    { name: 'anything', schema: {}, good: ['{"a": [1, true, {}]}', '"x"', 'null'], bad: ['[', ''] },
  ])('lets through exactly what matches: $name', async ({ schema, good, bad }) => {
    expect(await accepted(compile(schema), [...good, ...bad])).toEqual(good);
    for (const text of good) JSON.parse(text);
  });

  it.each([
    [{ type: 'string', pattern: '^a' }, 'schema.pattern'],
    [{ properties: { age: { type: 'integer', minimum: 3 } } }, 'schema.properties.age.minimum'],
    [{ items: { type: 'string', format: 'email' } }, 'schema.items.format'],
    [{ $defs: { n: { multipleOf: 2 } }, anyOf: [{ $ref: '#/$defs/n' }] }, 'schema.$defs.n.multipleOf'],
    [{ anyOf: [{}], type: 'object' }, 'schema.type'],
    [{ $ref: 'https://example.com/schema' }, 'schema.$ref'],
    [{ maxLength: 1_000_000_000 }, 'schema.maxLength'],
    [{ allOf: [{}, {}] }, 'schema.allOf'],
  ])('refuses what it cannot hold, by path: %j', (schema, param) => {
    expect(() => compile(schema)).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param }));
  });

  it.each([
    [{ type: 'strin' }, 'schema.type'],
    [{ $ref: '#/$defs/missing' }, 'schema.$ref'],
    [{ properties: 3 }, 'schema.properties'],
    [{ required: ['a'], additionalProperties: false }, 'schema.required'],
    [{ enum: [] }, 'schema.enum'],
    [7, 'schema'],
  ])('refuses what is no schema: %j', (schema, param) => {
    expect(() => compile(schema)).toThrow(expect.objectContaining({ code: 'bad_request', param }));
  });

  it('refuses a schema that is nested too deep, rather than running out of stack', () => {
    let schema: unknown = { type: 'null' };
    for (let level = 0; level < 10_000; level++) schema = { items: schema };
    expect(() => compile(schema)).toThrow(GatewayError);
  });
});

describe('toolCallGrammar', () => {
  const tool = (name: string) => ({
    type: 'function' as const,
    function: { name, parameters: { properties: { a: { type: 'integer' } } } },
  });

  it('forces a call of one of the callable functions', async () => {
    const [one, two] = [tool('one'), tool('two')];
    const good = ['{"name": "two", "arguments": {"a": 1}}'];
    const bad = ['{"name": "one", "arguments": {}}', '{"name": "two", "arguments": {"a": "x"}}', 'hello'];
    const grammar = toolCallGrammar({ told: [one, two], callable: [two], mode: 'forced' });
    expect(await accepted(grammar, [...good, ...bad])).toEqual(good);
  });

  it('leaves the choice between words and a call, and holds the call to its schema', async () => {
    const call = '<tool_call>\n{"name": "one", "arguments": {"a": 1}}\n</tool_call>';
    const good = ['', 'hello < <t <tool_cal <b>\n<', call, `Let me see.<${call}`];
    const bad = ['<tool_call>words', '<tool_call>\n{"name": "two", "arguments": {}}\n</tool_call>', `${call}more`];
    const grammar = toolCallGrammar({ told: [tool('one')], callable: [tool('one')], mode: 'free' });
    expect(await accepted(grammar, [...good, ...bad])).toEqual(good);
  });
});
