import { type ReadonlySignal, signal } from '@preact/signals';
import { type Failure, FailureError } from '../../api/failure.ts';
import type { TabStorage } from '../../state/tab-storage.ts';
import type { Me } from '../api/me.ts';

/** Where signing in stands. */
export type SessionState = { kind: 'checking' } | { kind: 'signed-out'; failure?: Failure } | { kind: 'signed-in'; me: Me };

/** Who uses the dashboard, and with which key. */
export interface Session {
  state: ReadonlySignal<SessionState>;
  /** The key of the moment; empty for none. */
  readKey(): string;
  /** Tries the key that the tab has kept, or none: an open gateway wants none. */
  resume(): Promise<void>;
  /** Asks again whose the key is, after something was refused: signs out if nobody's. Many refusals at once are asked about once. */
  recheck(): Promise<void>;
  signIn(key: string): Promise<void>;
  /** Forgets the key. The failure, where there is one, is told at the form. */
  signOut(failure?: Failure): void;
}

const storageName = 'ui-key';

/** Makes the session. `readMe` asks the gateway whose key it is. The key lives in the tab's storage and nowhere else. */
export function createSession(storage: TabStorage, readMe: () => Promise<Me>): Session {
  const stored = storage.read(storageName);
  let key = typeof stored === 'string' ? stored : '';
  const state = signal<SessionState>({ kind: 'checking' });
  let rechecking: Promise<void> | undefined;

  async function check(): Promise<void> {
    try {
      state.value = { kind: 'signed-in', me: await readMe() };
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      // Without a key a refusal is the gateway's way to ask for one.
      const isAskingForKey = key === '' && error.failure.kind === 'unauthorized';
      if (error.failure.kind === 'unauthorized') forget();
      state.value = { kind: 'signed-out', ...(!isAskingForKey && { failure: error.failure }) };
    }
  }

  function forget(): void {
    key = '';
    storage.remove(storageName);
  }

  return {
    state,
    readKey: () => key,
    resume: check,
    recheck() {
      if (state.peek().kind !== 'signed-in') return Promise.resolve();
      rechecking ??= check().finally(() => {
        rechecking = undefined;
      });
      return rechecking;
    },
    async signIn(entered) {
      key = entered.trim();
      await check();
      if (state.peek().kind === 'signed-in') storage.write(storageName, key);
      else forget();
    },
    signOut(failure) {
      forget();
      state.value = { kind: 'signed-out', ...(failure && { failure }) };
    },
  };
}

/** What a person may see and do, by role. */
export interface Rights {
  /** Everybody's keys and spend, teams, users, the audit log. */
  seesAll: boolean;
  /** Teams, users, anybody's keys. */
  managesAll: boolean;
  /** Its own keys, at least. */
  managesKeys: boolean;
  /** More than the very key that signed in: a key without a user is alone. */
  listsKeys: boolean;
}

/** The rights of whoever is signed in. The gateway decides; the pages only leave out what it would refuse. */
export function rightsOf({ role, userId }: Pick<Me, 'role' | 'userId'>): Rights {
  return {
    seesAll: role === 'admin' || role === 'admin_viewer',
    managesAll: role === 'admin',
    managesKeys: role === 'admin' || (role === 'user' && userId !== null),
    listsKeys: role === 'admin' || role === 'admin_viewer' || userId !== null,
  };
}
