import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ModelGrant } from './access.ts';
import { checkGrants, isGranted } from './model-grant.ts';
import { accessOf, modelOf } from './testing/world.ts';

const grant = (kind: ModelGrant['kind'], ...models: string[]): ModelGrant => ({ kind, label: kind, models });
const model = modelOf('gpt', { aliases: ['alias'] });

test.each([
  [[], 'gpt', true],
  [[grant('key', 'gpt')], 'gpt', true],
  [[grant('key', 'alias')], 'alias', true],
  [[grant('key', 'gpt')], 'alias', true],
  [[grant('key', 'other')], 'gpt', false],
  [[grant('key', 'g*')], 'gpt', true],
  [[grant('key', '*')], 'gpt', true],
  [[grant('key')], 'gpt', false],
  [[grant('key', 'gpt'), grant('team', 'other')], 'gpt', false],
] as [ModelGrant[], string, boolean][])('%j on %s: %s', (grants, name, expected) => {
  const access = accessOf({ grants });
  expect(isGranted(access, [name, model.name])).toBe(expected);
  const check = () => checkGrants(access, name, model);
  if (expected) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'model_access_denied', status: 403 }));
});

test('who has a list cannot tell a name that does not exist from one that is not his', () => {
  const access = accessOf({ grants: [grant('team', 'gpt')] });
  const messageOf = (name: string, found: typeof model | undefined) => {
    try {
      checkGrants(access, name, found);
    } catch (error) {
      return error;
    }
  };
  expect(messageOf('secret', modelOf('secret'))).toEqual(messageOf('secret', undefined));
  expect(messageOf('secret', undefined)).toMatchObject({ type: 'team_model_access_denied', param: 'model' });
});

test('law: another list never allows more', () => {
  const names = fc.constantFrom('a', 'ab', 'b', '*', 'a*', 'no');
  const lists = fc.array(fc.array(names), { maxLength: 3 });
  fc.assert(
    fc.property(lists, fc.array(names), fc.constantFrom('a', 'ab', 'b'), (some, more, name) => {
      const grants = some.map((models) => grant('key', ...models));
      const isAllowed = isGranted(accessOf({ grants: [...grants, grant('team', ...more)] }), [name]);
      if (isAllowed) expect(isGranted(accessOf({ grants }), [name])).toBe(true);
    }),
  );
});
