import { type ReadonlySignal, signal } from '@preact/signals';
import type { TabStorage } from './tab-storage.ts';
import { packTurn, type Turn, unpackTurn } from './turn.ts';

/** The turns of this tab, kept over a reload. */
export interface Conversation {
  turns: ReadonlySignal<readonly Turn[]>;
  /** False when the tab's storage has refused the conversation (too long, or blocked): a reload would lose it. */
  isKept: ReadonlySignal<boolean>;
  add(turn: Turn): void;
  remove(turn: Turn): void;
  clear(): void;
  /** Writes everything to the tab's storage. Called when a turn ends and when the page goes away, not for every token. */
  keep(): void;
}

const storageName = 'conversation';

/** Makes the conversation, with what the tab has kept of it. */
export function createConversation(storage: TabStorage): Conversation {
  const stored = storage.read(storageName);
  const turns = signal<readonly Turn[]>(Array.isArray(stored) ? stored.flatMap((value: unknown) => unpackTurn(value) ?? []) : []);
  const isKept = signal(true);

  function keep(): void {
    if (turns.value.length === 0) storage.remove(storageName);
    else isKept.value = storage.write(storageName, turns.value.map(packTurn));
  }

  function change(next: readonly Turn[]): void {
    turns.value = next;
    keep();
  }

  return {
    turns,
    isKept,
    keep,
    add: (turn) => change([...turns.value, turn]),
    remove: (turn) => change(turns.value.filter((other) => other !== turn)),
    clear: () => change([]),
  };
}
