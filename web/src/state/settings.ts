import { effect, type Signal, signal } from '@preact/signals';
import { asNumber, asText, isRecord } from '../json.ts';
import type { TabStorage } from './tab-storage.ts';

/** What the person has chosen; kept in the tab. */
export interface Settings {
  /** The chosen model; empty until one was chosen. */
  model: Signal<string>;
  temperature: Signal<number>;
  /** The longest answer in tokens; undefined leaves it to the server. */
  maxTokens: Signal<number | undefined>;
}

const storageName = 'settings';

/** The range of `temperature` on the OpenAI wire. */
export const temperatureRange = { min: 0, max: 2 } as const;

/** Reads what was typed as a longest answer: a whole number from 1 up, undefined for "leave it to the server". */
export function readMaxTokens(text: string): number | undefined {
  const number = Number.parseInt(text, 10);
  return Number.isNaN(number) ? undefined : Math.max(1, number);
}

/** Makes the settings, with what the tab has kept of them. */
export function createSettings(storage: TabStorage): Settings {
  const stored = storage.read(storageName);
  const values = isRecord(stored) ? stored : { maxTokens: 512 };
  const temperature = asNumber(values['temperature']) ?? 0.7;
  const settings: Settings = {
    model: signal(asText(values['model']) ?? ''),
    temperature: signal(Math.min(temperatureRange.max, Math.max(temperatureRange.min, temperature))),
    maxTokens: signal(asNumber(values['maxTokens'])),
  };
  effect(() => {
    storage.write(storageName, {
      model: settings.model.value,
      temperature: settings.temperature.value,
      maxTokens: settings.maxTokens.value,
    });
  });
  return settings;
}
