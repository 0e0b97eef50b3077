import { Histogram as LibraryHistogram, Registry } from '@prometheus-io/client';
import { array, assert, asyncProperty, constantFrom, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

const boundaries = [0.1, 1, 10];

describe('Histogram', () => {
  test('says the same as the metrics library for the same observations', async () => {
    await assert(
      asyncProperty(
        array(
          record({
            model: constantFrom('a', 'b "quoted"', 'c\\d'),
            value: constantFrom(0, 0.1, 0.25, 1, 3, 10, 11, 400),
          }),
        ),
        async (observations) => {
          const own = new Histogram({ name: 'h', help: 'help', labels: ['model'], boundaries });
          const registry = new Registry();
          const library = new LibraryHistogram({
            name: 'h',
            help: 'help',
            labelNames: ['model'],
            buckets: boundaries,
            registers: [registry],
          });
          for (const { model, value } of observations) {
            own.series({ model }).observe(value);
            library.observe({ model }, value);
          }
          expect(samples(own.render())).toEqual(samples(await registry.metrics()));
        },
      ),
    );
  });
});

/** Every sample line, with its labels in one order: the library puts `le` first. */
function samples(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('h_'))
    .map((line) => {
      const [, name, labels = '', value] = /^(\w+)\{(.*)\} (.*)$/.exec(line) ?? [];
      return `${name} ${labels
        .split(/,(?=\w+=)/)
        .toSorted()
        .join(',')} ${Number(value).toPrecision(12)}`;
    })
    .toSorted();
}
