import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Api } from '../api/client.ts';
import { type Failure, FailureError } from '../api/failure.ts';

/** The models that the gateway offers to this key. */
export interface Models {
  ids: ReadonlySignal<readonly string[]>;
  isLoading: ReadonlySignal<boolean>;
  /** Why the list could not be had the last time, or undefined. */
  failure: ReadonlySignal<Failure | undefined>;
  /** The model to send to: the chosen one while it is offered, else the first; undefined while there is none. */
  current: ReadonlySignal<string | undefined>;
  refresh(): Promise<void>;
}

/** Makes the list; it is empty until the first `refresh`. `chosen` is the name that the person has picked. */
export function createModels(api: Api, chosen: Signal<string>): Models {
  const ids = signal<readonly string[]>([]);
  const isLoading = signal(false);
  const failure = signal<Failure | undefined>(undefined);
  let latest = 0;

  return {
    ids,
    isLoading,
    failure,
    current: computed(() => (ids.value.includes(chosen.value) ? chosen.value : ids.value[0])),
    async refresh() {
      // Only the latest request counts: with a new key an older answer is about another list.
      const own = ++latest;
      isLoading.value = true;
      try {
        const found = await api.listModels();
        if (own !== latest) return;
        ids.value = found;
        failure.value = undefined;
      } catch (error) {
        if (!(error instanceof FailureError)) throw error;
        if (own === latest) failure.value = error.failure;
      } finally {
        if (own === latest) isLoading.value = false;
      }
    },
  };
}
