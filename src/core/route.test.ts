import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openai } from '../providers/openai/openai.ts';
import { BackendHealth } from './backend-health.ts';
import { ModelTable, type Backend, type Model } from './model-table.ts';
import { route } from './route.ts';

function backend(id: string, weight: number, isDown = false): Backend {
  const health = new BackendHealth({ allowedFails: 1, cooldownMs: 1000 });
  if (isDown) health.down('test');
  return {
    id,
    providerName: 'openai',
    provider: openai,
    weight,
    timeoutMs: 1000,
    price: null,
    health,
    queueProbe: null,
    queue: null,
    target: () => {
      throw new Error('not asked for');
    },
  };
}

function model(name: string, backends: Backend[], fallbacks: string[] = []): Model {
  return {
    name,
    aliases: [],
    created: 0,
    timeoutMs: null,
    streamIdleTimeoutMs: 1000,
    contextTokens: null,
    engineContextTokens: null,
    maxOutputTokens: null,
    scope: null,
    contextFallbacks: [],
    promptFormat: 'raw',
    backends,
    fallbacks,
  };
}

const order = (models: Model[], random: () => number) =>
  route({ model: models[0]!, table: new ModelTable(models), nowMs: 0, random }).map(({ backend }) => backend.id);

/** Numbers in [0, 1), the edges included. */
const randomNumber = fc.oneof(
  fc.constant(0),
  fc.constant(1 - Number.EPSILON / 2),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
);
const weight = fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0.001, max: 1000, noNaN: true }));
const backends = fc.array(fc.record({ weight, isDown: fc.boolean() }), { minLength: 1, maxLength: 6 });

function replay(numbers: number[]): () => number {
  let at = 0;
  return () => numbers[at++ % numbers.length]!;
}

describe('the order of backends', () => {
  test('has every candidate exactly once, model by model', () => {
    fc.assert(
      fc.property(
        fc.array(backends, { minLength: 1, maxLength: 3 }),
        fc.array(randomNumber, { minLength: 1 }),
        (groups, numbers) => {
          const names = groups.map((_group, index) => `m${index}`);
          const models = groups.map((group, index) =>
            model(
              names[index]!,
              group.map((spec, at) => backend(`${names[index]}#${at}`, spec.weight, spec.isDown)),
              index === 0 ? names.slice(1) : [],
            ),
          );
          const ids = order(models, replay(numbers));
          const all = models.flatMap((each) => each.backends.map(({ id }) => id));
          expect([...ids].sort()).toEqual([...all].sort());
          const modelOrder = ids.map((id) => id.split('#')[0]);
          expect(modelOrder).toEqual([...modelOrder].sort());
        },
      ),
    );
  });

  test('puts those that are down last, and among the rest weight 0 last', () => {
    fc.assert(
      fc.property(backends, fc.array(randomNumber, { minLength: 1 }), (specs, numbers) => {
        const list = specs.map((spec, at) => backend(String(at), spec.weight, spec.isDown));
        const rank = (id: string) => (specs[Number(id)]!.isDown ? 2 : 0) + (specs[Number(id)]!.weight === 0 ? 1 : 0);
        const ranks = order([model('m', list)], replay(numbers)).map(rank);
        expect(ranks).toEqual([...ranks].sort());
      }),
      // Found by hand: weights whose sum rounds up.
      { examples: [[[0, 0.1, 0.2, 0.3].map((each) => ({ weight: each, isDown: false })), [1 - Number.EPSILON / 2]]] },
    );
  });

  test('draws the first one in proportion to the weights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 5 }), (weights) => {
        fc.pre(weights.some((each) => each > 0));
        const total = weights.reduce((sum, each) => sum + each, 0);
        const models = [
          model(
            'm',
            weights.map((each, at) => backend(String(at), each)),
          ),
        ];
        const counts = weights.map(() => 0);
        // An even comb over [0, 1) instead of chance: the share of each is exact.
        const steps = 20 * total;
        for (let step = 0; step < steps; step++) counts[Number(order(models, replay([(step + 0.5) / steps, 0.5]))[0])]!++;
        expect(counts).toEqual(weights.map((each) => each * 20));
      }),
      { numRuns: 30 },
    );
  });

  test('passes over fallbacks that a reload has removed', () => {
    expect(order([model('a', [backend('a#0', 1)], ['gone', 'b']), model('b', [backend('b#0', 1)])], () => 0)).toEqual([
      'a#0',
      'b#0',
    ]);
  });
});

describe('the health of a backend', () => {
  const health = () => new BackendHealth({ allowedFails: 3, cooldownMs: 1000 });

  test('is avoided from the third failure in a row until the cooldown is over', () => {
    const one = health();
    one.failed(0, undefined);
    one.failed(0, undefined);
    expect(one.isAvoided(0)).toBe(false);
    one.failed(10, undefined);
    expect([one.isAvoided(10), one.isAvoided(1009), one.isAvoided(1010)]).toEqual([true, true, false]);
    one.failed(1010, undefined);
    expect(one.isAvoided(1010)).toBe(true);
  });

  test('begins anew with a success', () => {
    const one = health();
    for (let count = 0; count < 3; count++) one.failed(0, undefined);
    one.succeeded();
    expect(one.isAvoided(0)).toBe(false);
    one.failed(0, undefined);
    expect(one.isAvoided(0)).toBe(false);
  });

  test('honours the backend’s own wish for rest at once, the longest of several', () => {
    const one = health();
    one.failed(0, 5000);
    one.failed(0, 200);
    expect([one.isAvoided(4999), one.isAvoided(5000)]).toEqual([true, false]);
  });

  test('is down from a failed check until a good one', () => {
    const one = health();
    expect([one.check, one.reason]).toEqual(['unknown', null]);
    one.down('it answers 503');
    expect([one.check, one.reason, one.isAvoided(0)]).toEqual(['down', 'it answers 503', true]);
    one.succeeded();
    expect([one.check, one.reason, one.isAvoided(0)]).toEqual(['up', null, false]);
  });
});
