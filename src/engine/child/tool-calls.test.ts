import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessageReader, planTools, type MessageDelta } from './tool-calls.ts';

const abilities = { system: true, toolCalls: true, toolMessages: true, tools: true, marksCalls: false };
const tools = ['one', 'two'].map((name) => ({ type: 'function', function: { name } }));
const request = { model: 'm', messages: [{ role: 'user' as const, content: 'x' }] };

function read(
  mode: 'forced' | 'free',
  pieces: string[],
): { content: string; name: string; arguments: string; calledTool: boolean } {
  const reader = createMessageReader(mode);
  const deltas: MessageDelta[] = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  const calls = deltas.flatMap((delta) => ('content' in delta ? [] : delta.tool_calls));
  return {
    content: deltas.map((delta) => ('content' in delta ? delta.content : '')).join(''),
    name: calls[0]?.function.name ?? '',
    arguments: calls.map((call) => call.function.arguments).join(''),
    calledTool: reader.calledTool,
  };
}

describe('createMessageReader', () => {
  const values = fc
    .dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
    .map((value) => JSON.stringify(value));
  const pieceSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 200, maxLength: 200 });
  const cut = (text: string, sizes: number[]): string[] => {
    let done = 0;
    return [...sizes.map((size) => text.slice(done, (done += size))), text.slice(done)].filter((piece) => piece !== '');
  };

  it('takes a forced call apart the same however it comes in pieces', () => {
    fc.assert(
      fc.property(values, pieceSizes, (values, sizes) => {
        const text = `{"name": "get_weather", "arguments": ${values}}`;
        expect(read('forced', cut(text, sizes))).toEqual({
          content: '',
          name: 'get_weather',
          arguments: values,
          calledTool: true,
        });
      }),
    );
  });

  it('takes words and a marked call apart the same however they come in pieces', () => {
    fc.assert(
      fc.property(values, pieceSizes, (values, sizes) => {
        const text = `One moment <tool_call>\n{"name": "f", "arguments": ${values}}\n</tool_call>`;
        expect(read('free', cut(text, sizes))).toEqual({
          content: 'One moment ',
          name: 'f',
          arguments: values,
          calledTool: true,
        });
      }),
    );
  });

  it('hands on what there is of a call that was cut off', () => {
    const result = { content: '', name: 'f', arguments: '{"a": {}', calledTool: false };
    expect(read('forced', ['{"name": "f", "argu', 'ments": {"a": {}'])).toEqual(result);
  });

  it('passes words through that only look like a call', () => {
    expect(read('free', ['a <tool', '_box> <too'])).toEqual({
      content: 'a <tool_box> <too',
      name: '',
      arguments: '',
      calledTool: false,
    });
  });
});

describe('planTools', () => {
  it.each([
    ['none', { tools, tool_choice: 'none' as const }],
    ['none', {}],
    ['forced', { tools, tool_choice: 'required' as const }],
    ['forced', { tools, tool_choice: { type: 'function', function: { name: 'two' } } }],
  ])('plans %s for %j', (mode, fields) => {
    expect(planTools({ ...request, ...fields }, abilities).mode).toBe(mode);
  });

  it('lets only the named function be called', () => {
    const plan = planTools({ ...request, tools, tool_choice: { type: 'function', function: { name: 'two' } } }, abilities);
    expect([plan.told.length, plan.callable.map((tool) => tool.function.name)]).toEqual([2, ['two']]);
  });

  it('lets the model choose only where its template taught it how', () => {
    expect(planTools({ ...request, tools }, { ...abilities, marksCalls: true }).mode).toBe('free');
    expect(() => planTools({ ...request, tools }, abilities)).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param: 'tool_choice' }),
    );
  });

  it('refuses the name of a function that is not there', () => {
    const choice = { type: 'function', function: { name: 'three' } };
    expect(() => planTools({ ...request, tools, tool_choice: choice }, abilities)).toThrow(
      expect.objectContaining({ code: 'bad_request' }),
    );
    expect(() => planTools({ ...request, tool_choice: 'required' }, abilities)).toThrow(
      expect.objectContaining({ code: 'bad_request' }),
    );
  });
});
