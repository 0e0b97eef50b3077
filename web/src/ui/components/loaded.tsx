import type { ComponentChildren } from 'preact';
import type { Resource } from '../state/resource.ts';
import { FailureBox } from './failure-box.tsx';

interface LoadedProps<Value> {
  resource: Resource<Value>;
  children: (value: Value) => ComponentChildren;
}

/** Shows what was loaded; before that, that it is loading; and what failed, beside what is still there from before. */
export function Loaded<Value>({ resource, children }: LoadedProps<Value>) {
  const value = resource.value.value;
  const failure = resource.failure.value;
  return (
    <>
      {failure && <FailureBox failure={failure} onRetry={() => void resource.reload()} />}
      {value !== undefined && (
        <div class="loaded" aria-busy={resource.isLoading.value}>
          {children(value)}
        </div>
      )}
      {value === undefined && !failure && (
        <p class="loading" role="status">
          Loading…
        </p>
      )}
    </>
  );
}
