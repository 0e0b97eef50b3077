import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { usePlayground } from './context.ts';

/** The API key: in memory only. Opens and takes the focus when the gateway asks for a key. */
export function KeyField() {
  const { apiKey, keyCalls, models, setApiKey } = usePlayground();
  const input = useRef<HTMLInputElement>(null);
  const isOpen = useSignal(false);
  const calls = keyCalls.value;
  const refusal = models.failure.value?.kind === 'unauthorized' ? models.failure.value.message : undefined;

  useEffect(() => {
    if (calls === 0) return;
    isOpen.value = true;
    // The field is only there after the next render.
    const frame = requestAnimationFrame(() => input.current?.focus());
    return () => cancelAnimationFrame(frame);
  }, [calls]);

  function submit(event: Event): void {
    event.preventDefault();
    setApiKey(input.current?.value ?? '');
  }

  return (
    <details
      class="key"
      open={isOpen.value}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>
        API key <span class="summary-value">{apiKey.value === '' ? 'none' : 'set'}</span>
      </summary>
      <form onSubmit={submit}>
        <label class="visually-hidden" for="api-key">
          API key
        </label>
        <div class="key-row">
          <input
            id="api-key"
            ref={input}
            type="password"
            autocomplete="off"
            spellcheck={false}
            placeholder="sk-…"
            aria-describedby="key-hint"
            onBlur={submit}
          />
          <button type="submit" class="button">
            Use
          </button>
        </div>
        <p id="key-hint" class="hint">
          {refusal !== undefined && (
            <span class="key-refusal">
              <strong>{apiKey.value === '' ? 'This gateway needs an API key.' : 'This key was not accepted.'}</strong> {refusal}
            </span>
          )}
          Kept in memory until you close or reload this page; never stored.
        </p>
      </form>
    </details>
  );
}
