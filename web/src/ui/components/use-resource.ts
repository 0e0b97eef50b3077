import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { AdminApi } from '../api/admin-api.ts';
import { createResource, type Resource } from '../state/resource.ts';
import { useDashboard } from './context.ts';

/** Loads from the gateway, and again whenever one of `inputs` changes. What came before stays until the new is there. */
export function useResource<Value>(load: (api: AdminApi) => Promise<Value>, inputs: readonly unknown[]): Resource<Value> {
  const { api, session } = useDashboard();
  const latestLoad = useRef(load);
  latestLoad.current = load;
  const resource = useMemo(
    () =>
      createResource(
        () => latestLoad.current(api),
        (failure) => {
          // Whether the key itself is gone, or only this is not for it, the gateway knows.
          if (failure.kind === 'unauthorized') void session.recheck();
        },
      ),
    [api],
  );
  useEffect(() => void resource.reload(), [resource, ...inputs]);
  return resource;
}
