import { detectorKinds } from '../schema-guardrails.ts';
import { contentFilterInput } from './content-filter.ts';
import { presidioInput } from './presidio.ts';
import type { Setting } from './setting.ts';
import type { ConfigInput, Translation } from './translation.ts';

export type GuardrailInput = NonNullable<ConfigInput['guardrails']>[number];

const translators: Record<string, (parameters: Setting) => Partial<GuardrailInput>> = {
  litellm_content_filter: contentFilterInput,
  presidio: presidioInput,
};
const modes: Record<string, 'input' | 'output'> = { pre_call: 'input', during_call: 'input', post_call: 'output' };

/** `guardrails`: those of LiteLLM that look for values and words; the others need something that is not here, and are refused. */
export function translateGuardrails(setting: Setting, translation: Translation): void {
  const guardrails: GuardrailInput[] = [];
  for (const entry of setting.items()) {
    const input = guardrailInput(entry);
    if (input === undefined) continue;
    translation.trace(['guardrails', guardrails.length], entry.path);
    guardrails.push(input);
  }
  if (guardrails.length > 0) translation.set(['guardrails'], guardrails, setting.path);
}

function guardrailInput(entry: Setting): GuardrailInput | undefined {
  const name = entry.child('guardrail_name')?.text() ?? entry.refuse('needs a guardrail_name');
  const parameters = entry.child('litellm_params');
  const kind = parameters?.child('guardrail');
  if (name === undefined || parameters === undefined || kind === undefined)
    return parameters === undefined || kind === undefined
      ? entry.refuse('needs litellm_params with guardrail and mode')
      : undefined;
  const translator = translators[kind.text() ?? ''];
  if (translator === undefined) {
    return kind.refuse(
      `guardrail "${kind.text()}" is not built here. litellm_content_filter finds ${detectorKinds.join(', ')}, own patterns and words; ` +
        'a service of your own is asked by a guardrail of kind webhook in the form of Sluice',
    );
  }
  const mode = modeOf(parameters.child('mode') ?? parameters);
  if (mode === undefined) return undefined;
  return { name, always: parameters.child('default_on')?.boolean() ?? false, ...mode, kind: 'pii', ...translator(parameters) };
}

function modeOf(setting: Setting): Pick<GuardrailInput, 'mode' | 'logOnly'> | undefined {
  const names = Array.isArray(setting.value) ? setting.items().map((item) => item.text()) : [setting.value];
  const known = names.filter((name): name is string => typeof name === 'string' && (name in modes || name === 'logging_only'));
  if (known.length === 0 || known.length < names.length)
    return setting.refuse('needs a mode of pre_call, post_call, during_call or logging_only, or a list of them');
  if (known.includes('logging_only')) {
    setting.warn('logging_only: finds are counted in the metrics; prompts are not logged at all');
    return { mode: 'both', logOnly: true };
  }
  if (known.includes('during_call'))
    setting.warn('during_call runs before the call here, so that nothing is sent that is refused');
  const directions = new Set(known.map((name) => modes[name]));
  return { mode: directions.size === 2 ? 'both' : directions.has('input') ? 'input' : 'output' };
}
