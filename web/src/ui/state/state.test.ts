import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../api/failure.ts';
import { parseKey } from '../api/keys.ts';
import type { SpendRow } from '../api/spend.ts';
import { changesBetween } from './changes.ts';
import { daysOf, maxSpanDays, spanOf } from './days.ts';
import { FormProblem, limitFieldsOf, modelsOf } from './form-values.ts';
import { formatShare, formatUsd } from './format.ts';
import { keyFieldsOf } from './key-form.ts';
import { createResource } from './resource.ts';
import { hrefOf, parseRoute } from './route.ts';
import { maxLayers, toSeries } from './series.ts';
import { createSession, rightsOf } from './session.ts';

const nowMs = Date.parse('2026-11-21T14:05:00Z');

describe('money', () => {
  it.each([
    [0, '$0.00'],
    [1234.5, '$1,234.50'],
    [0.2, '$0.20'],
    [0.1071, '$0.1071'],
    [0.00214, '$0.00214'],
    [0.0000079, '$0.0000079'],
  ])('%d is %s', (usd, text) => {
    expect(formatUsd(usd)).toBe(text);
  });
  it('a share of nothing is nothing', () => {
    expect(formatShare(0, 0)).toBe('0%');
  });
});

describe('addresses', () => {
  it('lead where they were made for, whatever the id', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (id) => {
        expect(parseRoute(hrefOf('teams', id))).toMatchObject({ name: 'team', id });
      }),
    );
  });
  it('that lead nowhere lead to the overview', () => {
    for (const hash of ['', '#', '#/nowhere', '#/%E0%A4%A', '#/users/x/y']) {
      expect(['overview', 'users']).toContain(parseRoute(hash).name);
    }
  });
  it('keep what a page remembers', () => {
    expect(parseRoute(hrefOf('keys', '', { search: 'a&b', page: '' })).query.toString()).toBe('search=a%26b');
  });
});

describe('days', () => {
  const span = (query: string) => spanOf(new URLSearchParams(query), nowMs);
  it('are the last 30 unless others are chosen', () => {
    expect(span('')).toEqual({ start: '2026-10-23', end: '2026-11-21', preset: '30' });
    expect(span('span=month')).toEqual({ start: '2026-11-01', end: '2026-11-21', preset: 'month' });
    expect(span('from=2026-01-01&to=2026-02-01')).toEqual({ start: '2026-01-01', end: '2026-02-01', preset: '' });
  });
  it('that make no sense are the last 30', () => {
    for (const query of ['from=2026-02-01&to=2026-01-01', 'from=x&to=2026-01-01', 'span=1000', 'from=2026-13-45&to=2026-14-01']) {
      expect(span(query).preset).toBe('30');
    }
  });
  it('are listed one by one, over leap days too, and never too many', () => {
    expect(daysOf({ start: '2028-02-28', end: '2028-03-01' })).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
    expect(daysOf(span('from=1990-01-01&to=2026-01-01')).length).toBe(maxSpanDays);
    expect(daysOf({ start: '2026-01-02', end: '2026-01-01' })).toEqual([]);
  });
});

describe('the layers of a plot', () => {
  const row = (id: string, day: string, costUsd: number): SpendRow => ({
    id,
    day,
    costUsd,
    label: id,
    requests: 1,
    failedRequests: 0,
    promptTokens: 0,
    completionTokens: 0,
  });
  const days = ['2026-11-20', '2026-11-21'];
  const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.nat(1), fc.integer({ min: 0, max: 1000 })), {
    maxLength: 80,
  });

  it('add up to everything, are few, and the dearest comes first', () => {
    fc.assert(
      fc.property(rows, (picks) => {
        const { layers } = toSeries(
          picks.map(([id, day, cost]) => row(`m${id}`, days[day]!, cost)),
          days,
        );
        expect(layers.length).toBeLessThanOrEqual(maxLayers + 1);
        expect(layers.flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0)).toBe(
          picks.reduce((sum, [, , cost]) => sum + cost, 0),
        );
        const totals = layers.filter(({ isRest }) => !isRest).map(({ totalUsd }) => totalUsd);
        expect(totals).toEqual([...totals].sort((a, b) => b - a));
      }),
    );
  });
  it('have a zero on days without a row', () => {
    expect(toSeries([row('a', days[1]!, 3)], days).layers[0]!.values).toEqual([0, 3]);
  });
});

describe('forms', () => {
  const form = (values: Record<string, string>) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(values)) data.append(name, value);
    return data;
  };
  const key = parseKey({ token: 'h', key_alias: 'a', max_budget: 10, rpm_limit: 60, models: ['m'], expires: '2027-01-01' });
  const unchanged = { key_alias: 'a', max_budget: '10', rpm_limit: '60', models_mode: 'some', models: 'm' };

  it('of a key that was not changed say nothing', () => {
    expect(keyFieldsOf(form(unchanged), key)).toEqual({});
  });
  it('say null for a limit that was taken away, and 0 for one that lets nothing through', () => {
    expect(keyFieldsOf(form({ ...unchanged, max_budget: '', rpm_limit: '0' }), key)).toEqual({ max_budget: null, rpm_limit: 0 });
  });
  it('take an expiry away by the word never', () => {
    expect(keyFieldsOf(form({ ...unchanged, duration: 'never' }), key)).toEqual({ duration: '-1' });
  });
  it('of a new key say what was filled in', () => {
    expect(keyFieldsOf(form({ key_alias: '  new ', duration: '30d' }))).toEqual({ key_alias: 'new', duration: '30d' });
  });
  it.each([
    ['a budget below 0', { max_budget: '-1' }, 'The budget is "-1"'],
    ['half a request', { rpm_limit: '1.5' }, 'whole number'],
    ['a soft budget above the budget', { max_budget: '5', soft_budget: '6' }, 'soft budget'],
  ])('with %s name it', (_, values, words) => {
    expect(() => limitFieldsOf(form(values))).toThrow(FormProblem);
    expect(() => limitFieldsOf(form(values))).toThrow(words);
  });
  it('with no model chosen ask for one', () => {
    expect(() => modelsOf(form({ models_mode: 'some', more_models: ' , ' }))).toThrow('Choose at least one model');
    expect(modelsOf(form({ models_mode: 'some', more_models: 'a, b  a' }))).toEqual(['a', 'b']);
  });
  it('with a duration that is none say how to write it', () => {
    expect(() => keyFieldsOf(form({ duration: 'tomorrow' }))).toThrow('such as 30d');
  });
});

describe('changes in the audit log', () => {
  it('are what differs, money in dollars, and null is nothing', () => {
    const before = { max_budget: 300e9, rpm_limit: null, models: ['a'], alias: 'x' };
    expect(changesBetween(before, { max_budget: 500e9, models: ['a', 'b'], alias: 'x' })).toEqual([
      { name: 'max_budget', before: '$300.00', after: '$500.00' },
      { name: 'models', before: '["a"]', after: '["a","b"]' },
    ]);
    expect(changesBetween(null, { alias: 'x' })).toEqual([{ name: 'alias', before: undefined, after: 'x' }]);
  });
});

describe('a resource', () => {
  it('shows the answer to the newest question, whichever comes last', async () => {
    const waiting: ((value: string) => void)[] = [];
    const resource = createResource(
      () => new Promise<string>((resolve) => waiting.push(resolve)),
      () => undefined,
    );
    const both = [resource.reload(), resource.reload()];
    waiting[1]!('new');
    waiting[0]!('old');
    await Promise.all(both);
    expect(resource.value.value).toBe('new');
    expect(resource.isLoading.value).toBe(false);
  });
  it('keeps what it had when loading again fails, and tells why', async () => {
    const answers = [Promise.resolve('first'), Promise.reject(new FailureError({ kind: 'network', message: 'gone' }))];
    answers[1]!.catch(() => undefined);
    const told: string[] = [];
    const resource = createResource(
      () => answers.shift()!,
      ({ message }) => told.push(message),
    );
    await resource.reload();
    await resource.reload();
    expect([resource.value.value, resource.failure.value?.message, told]).toEqual(['first', 'gone', ['gone']]);
  });
});

describe('a session', () => {
  const me = { role: 'admin', userId: null, teamId: null, keyName: null, keyAlias: null, isOpen: false, version: null } as const;
  function make(accepted: string) {
    const kept = new Map<string, unknown>();
    const storage = {
      read: (name: string) => kept.get(name),
      write: (name: string, value: unknown) => kept.set(name, value) === kept,
      remove: (name: string) => void kept.delete(name),
    };
    const session = createSession(storage, () =>
      session.readKey() === accepted
        ? Promise.resolve(me)
        : Promise.reject(new FailureError({ kind: 'unauthorized', message: 'who?' })),
    );
    return { session, kept };
  }

  it('asks for a key without blaming anybody, then tells what is wrong with a wrong one', async () => {
    const { session, kept } = make('sk-right');
    await session.resume();
    expect(session.state.value).toEqual({ kind: 'signed-out' });
    await session.signIn('sk-wrong');
    expect(session.state.value).toMatchObject({ kind: 'signed-out', failure: { message: 'who?' } });
    expect([...kept]).toEqual([]);
    await session.signIn(' sk-right ');
    expect(session.state.value.kind).toBe('signed-in');
    expect([...kept.values()]).toEqual(['sk-right']);
    session.signOut();
    expect([...kept, session.readKey()]).toEqual(['']);
  });
});

it('many refusals at once are asked about once, and the reason is still told', async () => {
  const me = { role: 'admin', userId: null, teamId: null, keyName: null, keyAlias: null, isOpen: false, version: null } as const;
  const storage = { read: () => 'sk-key', write: () => true, remove: () => undefined };
  let asked = 0;
  let isTaken = true;
  const session = createSession(storage, () => {
    asked += 1;
    return isTaken ? Promise.resolve(me) : Promise.reject(new FailureError({ kind: 'unauthorized', message: 'expired' }));
  });
  await session.resume();
  isTaken = false;
  await Promise.all([session.recheck(), session.recheck()]);
  await session.recheck();
  expect(asked).toBe(2);
  expect(session.state.value).toMatchObject({ kind: 'signed-out', failure: { message: 'expired' } });
});

it('rights follow the role; a key without a user manages nothing', () => {
  expect(rightsOf({ role: 'admin', userId: null })).toMatchObject({ seesAll: true, managesAll: true, managesKeys: true });
  expect(rightsOf({ role: 'admin_viewer', userId: null })).toMatchObject({ seesAll: true, managesKeys: false, listsKeys: true });
  expect(rightsOf({ role: 'user', userId: 'u' })).toMatchObject({ seesAll: false, managesAll: false, managesKeys: true });
  expect(rightsOf({ role: 'user', userId: null })).toMatchObject({ managesKeys: false, listsKeys: false });
  expect(rightsOf({ role: 'viewer', userId: 'u' })).toMatchObject({ managesKeys: false, listsKeys: true });
});
