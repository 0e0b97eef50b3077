import type { Kysely } from 'kysely';
import { expect, test, vi } from 'vitest';
import { LateStore } from './late-store.ts';
import type { Database } from './schema.ts';
import type { Change, Store } from './store.ts';

class InnerDatabase {
  readonly #name = 'inner';
  selectFrom(table: string): string {
    return `${this.#name} ${table}`;
  }
}

function innerStore() {
  const heard: { change: ((change: Change) => void)[]; state: ((state: 'connected' | 'away') => void)[] } = {
    change: [],
    state: [],
  };
  const announced: Change[] = [];
  const close = vi.fn(() => Promise.resolve());
  const store: Store = {
    db: new InnerDatabase() as unknown as Kysely<Database>,
    kind: 'server',
    state: 'connected',
    onChange: (listener) => (heard.change.push(listener), () => undefined),
    onState: (listener) => (heard.state.push(listener), () => undefined),
    announce: (changes) => (announced.push(...changes), Promise.resolve()),
    close,
  };
  return { store, heard, announced, close };
}

const failed = () => {
  throw new Error('no listener fails here');
};
const change: Change = { entity: 'key', id: 'one' };

test('before it is open it is away, and statements say so', () => {
  const late = new LateStore(failed);
  expect(late.state).toBe('away');
  const expected = expect.objectContaining({ code: 'service_unavailable', type: 'no_db_connection' });
  expect(() => late.db.selectFrom('keys')).toThrow(expected);
  expect(() => late.announce([change])).toThrow(expected);
});

test('once open it is the other store, for those too who were given it before', async () => {
  const late = new LateStore(failed);
  const { db } = late;
  const { store, announced } = innerStore();
  late.open(store);
  expect([late.state, late.kind]).toEqual(['connected', 'server']);
  expect(db.selectFrom('keys')).toBe('inner keys');
  await late.announce([change]);
  expect(announced).toEqual([change]);
});

test('whoever listened before hears of the opening, and of everything after it', () => {
  const late = new LateStore(failed);
  const states: string[] = [];
  const changes: Change[] = [];
  late.onState((state) => states.push(state));
  const stop = late.onChange((told) => changes.push(told));
  const { store, heard } = innerStore();
  late.open(store);
  for (const tell of heard.state) tell('away');
  for (const tell of heard.change) tell(change);
  stop();
  for (const tell of heard.change) tell(change);
  expect(states).toEqual(['connected', 'away']);
  expect(changes).toEqual([change]);
});

test('a store that was opened only after the gateway had closed is closed too', async () => {
  const late = new LateStore(failed);
  await late.close();
  const { store, close } = innerStore();
  late.open(store);
  expect(close).toHaveBeenCalledOnce();
});
