import { useEffect, useRef } from 'preact/hooks';
import { usePlayground } from './context.ts';
import { SendIcon, StopIcon } from './icons.tsx';

/** The prompt box. Enter sends, Shift+Enter breaks the line. */
export function Composer() {
  const { draft, isBusy, models, conversation, send, stop } = usePlayground();
  const box = useRef<HTMLTextAreaElement>(null);
  const turnCount = conversation.turns.value.length;
  // After "New chat" and at the start the next thing to do is to write. Touch screens would open their keyboard over the examples.
  useEffect(() => {
    if (turnCount === 0 && matchMedia('(pointer: fine)').matches) box.current?.focus();
  }, [turnCount === 0]);

  function submit(event: Event): void {
    event.preventDefault();
    if (isBusy.value || draft.value.trim() === '' || models.current.value === undefined) return;
    send(draft.value);
    draft.value = '';
    box.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    // Enter also ends a composition in Chinese, Japanese or Korean; that one is not for us.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event);
  }

  return (
    <form class="column composer" onSubmit={submit}>
      <label class="visually-hidden" for="prompt">
        Your message
      </label>
      <div class="composer-box">
        <textarea
          id="prompt"
          ref={box}
          rows={1}
          placeholder="Write a message"
          value={draft}
          onInput={(event) => {
            draft.value = event.currentTarget.value;
          }}
          onKeyDown={onKeyDown}
          aria-describedby="prompt-hint"
        />
        <div class="composer-foot">
          <p id="prompt-hint" class="hint">
            <kbd>Enter</kbd> sends, <kbd>Shift</kbd>+<kbd>Enter</kbd> breaks the line
            {isBusy.value && (
              <>
                , <kbd>Esc</kbd> stops
              </>
            )}
          </p>
          {isBusy.value ? (
            <button
              type="button"
              class="button button-stop"
              onClick={() => {
                stop();
                box.current?.focus();
              }}
            >
              <StopIcon />
              Stop
            </button>
          ) : (
            <button
              type="submit"
              class="button button-send"
              disabled={models.current.value === undefined || draft.value.trim() === ''}
            >
              <SendIcon />
              Send
            </button>
          )}
        </div>
      </div>
    </form>
  );
}
