import { isDemoModel } from '../api/wire.ts';
import type { Readiness } from '../state/health.ts';
import type { Models } from '../state/models.ts';
import { usePlayground } from './context.ts';
import { RefreshIcon } from './icons.tsx';

const readinessTexts: Record<Readiness, string> = {
  healthy: 'Ready',
  loading: 'Loading the model',
  unhealthy: 'Not ready',
  unreachable: 'Not reachable',
  unknown: '',
};

function emptyText({ isLoading, failure }: Models): string {
  if (isLoading.value) return 'Loading…';
  return failure.value?.kind === 'unauthorized' ? 'Needs an API key' : 'No models';
}

/** Chooses the model and shows whether the gateway is ready. */
export function ModelPicker() {
  const { models, settings, health } = usePlayground();
  const current = models.current.value;
  const readiness = health.readiness.value;
  return (
    <div class="model">
      <label for="model">Model</label>
      <div class="model-row">
        <select
          id="model"
          value={current ?? ''}
          disabled={current === undefined}
          onChange={(event) => {
            settings.model.value = event.currentTarget.value;
          }}
        >
          {current === undefined && <option value="">{emptyText(models)}</option>}
          {models.ids.value.map((id) => (
            <option key={id} value={id}>
              {isDemoModel(id) ? `${id} (demo)` : id}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="icon-button refresh"
          aria-label="Load the models again"
          title="Load the models again"
          disabled={models.isLoading.value}
          onClick={() => void models.refresh()}
        >
          <RefreshIcon />
        </button>
      </div>
      <p class="readiness" role="status" data-readiness={readiness}>
        <span class="readiness-text">{readinessTexts[readiness]}</span>
        {current !== undefined && isDemoModel(current) && <span class="badge">demo model</span>}
      </p>
    </div>
  );
}
