import { readMaxTokens, temperatureRange } from '../state/settings.ts';
import { usePlayground } from './context.ts';

/** Temperature and the longest answer. */
export function Sampling() {
  const { settings } = usePlayground();
  return (
    <>
      <div class="field">
        <div class="field-head">
          <label for="temperature">Temperature</label>
          <output for="temperature">{settings.temperature.value.toFixed(1)}</output>
        </div>
        <input
          id="temperature"
          type="range"
          min={temperatureRange.min}
          max={temperatureRange.max}
          step={0.1}
          value={settings.temperature.value}
          onInput={(event) => {
            settings.temperature.value = event.currentTarget.valueAsNumber;
          }}
        />
        <div class="gauge" aria-hidden="true" />
      </div>
      <div class="field field-row">
        <label for="max-tokens">Max tokens</label>
        <input
          id="max-tokens"
          type="number"
          min={1}
          step={1}
          inputMode="numeric"
          placeholder="server’s"
          value={settings.maxTokens.value ?? ''}
          onChange={(event) => {
            const count = readMaxTokens(event.currentTarget.value);
            settings.maxTokens.value = count;
            event.currentTarget.value = String(count ?? '');
          }}
        />
      </div>
    </>
  );
}
