import { useSignal } from '@preact/signals';
import { InputField } from './field.tsx';

interface ModelFieldsProps {
  /** What the gateway serves. */
  known: readonly string[];
  /** What may be used now; empty: everything. */
  chosen?: readonly string[] | undefined;
}

/** Which models may be used, as a part of a form. */
export function ModelFields({ known, chosen = [] }: ModelFieldsProps) {
  const isSome = useSignal(chosen.length > 0);
  const others = chosen.filter((name) => !known.includes(name));
  return (
    <fieldset class="fields">
      <legend>Models</legend>
      <div class="choices field-wide">
        <label class="choice">
          <input type="radio" name="models_mode" value="all" checked={!isSome.value} onChange={() => (isSome.value = false)} />
          Every model
        </label>
        <label class="choice">
          <input type="radio" name="models_mode" value="some" checked={isSome.value} onChange={() => (isSome.value = true)} />
          Only these
        </label>
      </div>
      {isSome.value && (
        <>
          <div class="model-choices field-wide">
            {known.map((name) => (
              <label key={name} class="choice">
                <input type="checkbox" name="models" value={name} defaultChecked={chosen.includes(name)} />
                {name}
              </label>
            ))}
          </div>
          <InputField
            label="Other names and patterns"
            name="more_models"
            isWide
            value={others.join(', ')}
            placeholder="openai/*, claude-*"
          />
        </>
      )}
    </fieldset>
  );
}
