import type { Setting } from './setting.ts';
import type { Translation } from './translation.ts';

/** `guardrails`: refused as a whole until the checks are there, since a file that asks for one must not run without it. */
export function translateGuardrails(setting: Setting, _translation: Translation): void {
  if (setting.items().length > 0) setting.refuse('guardrails are not built yet; the requests would go unchecked');
}
