import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { anythingChanged, changesToldBy, decodeChanges, encodeChanges } from './change-feed.ts';
import type { Change } from './store.ts';

const change: fc.Arbitrary<Change> = fc.record({
  entity: fc.constantFrom(...anythingChanged.map(({ entity }) => entity)),
  id: fc.option(fc.string({ unit: 'binary', maxLength: 300 })),
});

test('changes of any number and any ids arrive in payloads that PostgreSQL takes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const payloads = encodeChanges(changes);
      for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
      expect(payloads.flatMap(decodeChanges)).toEqual(changes);
    }),
  );
});

test('a payload is filled to the last byte that may be', () => {
  const long = (length: number): Change => ({ entity: 'key', id: 'x'.repeat(length) });
  for (let length = 3_900; length < 4_000; length++) {
    const payloads = encodeChanges([long(length), long(3_940)]);
    for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
    expect(payloads.flatMap(decodeChanges)).toHaveLength(2);
  }
});

test('an id that fits in no payload means any of them', () => {
  expect(encodeChanges([{ entity: 'customer', id: 'x'.repeat(9_000) }]).flatMap(decodeChanges)).toEqual([
    { entity: 'customer', id: null },
  ]);
});

test.each(['', 'nonsense', '{}', '[["key"]]', '[["planet","mars"]]', '[["key",1]]'])(
  'the payload %j means that anything may have changed',
  (payload) => {
    expect(decodeChanges(payload)).toEqual(anythingChanged);
  },
);

test('only our own statements tell of changes', () => {
  const [payload = ''] = encodeChanges([{ entity: 'team', id: 'red' }]);
  expect(changesToldBy('select pg_notify($1, $2)', ['sluice_changes', payload])).toEqual([{ entity: 'team', id: 'red' }]);
  expect(changesToldBy('select pg_notify($1, $2)', ['other', payload])).toEqual([]);
  expect(changesToldBy('select 1', [])).toEqual([]);
});
