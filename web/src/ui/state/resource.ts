import { type ReadonlySignal, signal } from '@preact/signals';
import { type Failure, FailureError } from '../../api/failure.ts';

/** Something that is loaded from the gateway, and may be loaded again. */
export interface Resource<Value> {
  /** The last that came; stays while newer is loaded. */
  value: ReadonlySignal<Value | undefined>;
  /** Why the last load failed, or undefined. */
  failure: ReadonlySignal<Failure | undefined>;
  isLoading: ReadonlySignal<boolean>;
  reload(): Promise<void>;
}

/** Makes a resource; nothing is loaded before the first `reload`. `onFailure` hears of every failure. */
export function createResource<Value>(load: () => Promise<Value>, onFailure: (failure: Failure) => void): Resource<Value> {
  const value = signal<Value | undefined>(undefined);
  const failure = signal<Failure | undefined>(undefined);
  const isLoading = signal(true);
  let latest = 0;

  return {
    value,
    failure,
    isLoading,
    async reload() {
      // An older answer is about an older question.
      const own = ++latest;
      isLoading.value = true;
      try {
        const loaded = await load();
        if (own !== latest) return;
        value.value = loaded;
        failure.value = undefined;
      } catch (error) {
        if (!(error instanceof FailureError)) throw error;
        if (own !== latest) return;
        failure.value = error.failure;
        onFailure(error.failure);
      } finally {
        if (own === latest) isLoading.value = false;
      }
    },
  };
}
