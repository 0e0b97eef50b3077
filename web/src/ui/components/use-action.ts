import { type ReadonlySignal, useSignal } from '@preact/signals';
import { type Failure, FailureError } from '../../api/failure.ts';

/** Something that a person does, one at a time. */
export interface Action {
  /** Why the last try failed, or undefined. */
  failure: ReadonlySignal<Failure | undefined>;
  isRunning: ReadonlySignal<boolean>;
  /** Does it unless it is being done; what fails is told by `failure`. */
  run(work: () => Promise<void>): Promise<void>;
}

/** Makes an action of the component. */
export function useAction(): Action {
  const failure = useSignal<Failure | undefined>(undefined);
  const isRunning = useSignal(false);
  return {
    failure,
    isRunning,
    async run(work) {
      if (isRunning.peek()) return;
      isRunning.value = true;
      failure.value = undefined;
      try {
        await work();
      } catch (error) {
        if (!(error instanceof FailureError)) throw error;
        failure.value = error.failure;
      } finally {
        isRunning.value = false;
      }
    },
  };
}
