import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  label: string;
  hint?: ComponentChildren | undefined;
  /** Takes the whole width of the form. */
  isWide?: boolean | undefined;
  children: (ids: { id: string; 'aria-describedby'?: string }) => ComponentChildren;
}

/** A labelled control with its hint. */
export function Field({ label, hint, isWide, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div class={isWide ? 'field field-wide' : 'field'}>
      <label for={id}>{label}</label>
      {children(hint ? { id, 'aria-describedby': hintId } : { id })}
      {hint && (
        <p id={hintId} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

interface InputFieldProps {
  label: string;
  name: string;
  type?: 'text' | 'email';
  hint?: string;
  isWide?: boolean;
  isRequired?: boolean;
  value?: string;
  placeholder?: string;
  /** Values to choose from; others can be written. */
  suggestions?: readonly string[];
}

/** A labelled line of text. */
export function InputField({ label, hint, isWide, ...input }: InputFieldProps) {
  const listId = useId();
  const { suggestions } = input;
  return (
    <Field label={label} hint={hint} isWide={isWide}>
      {(ids) => (
        <>
          <input
            type="text"
            inputMode={input.type === 'email' ? 'email' : 'text'}
            name={input.name}
            defaultValue={input.value ?? ''}
            placeholder={input.placeholder ?? ''}
            required={input.isRequired ?? false}
            list={suggestions && listId}
            autocomplete="off"
            spellcheck={false}
            {...ids}
          />
          {suggestions && (
            <datalist id={listId}>
              {suggestions.map((value) => (
                <option key={value} value={value} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

interface LimitFieldProps {
  label: string;
  name: string;
  value: number | null;
  hint?: string;
}

/** A labelled number from 0 up; left empty it is no limit. */
export function LimitField({ label, name, value, hint }: LimitFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <input
          type="number"
          name={name}
          min={0}
          step="any"
          placeholder="no limit"
          defaultValue={value === null ? '' : String(value)}
          {...ids}
        />
      )}
    </Field>
  );
}
