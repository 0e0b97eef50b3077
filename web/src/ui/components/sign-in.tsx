import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Failure } from '../../api/failure.ts';
import { Mark } from '../../components/icons.tsx';
import { Notice } from '../../components/notice.tsx';
import type { Session } from '../state/session.ts';
import { FailureBox } from './failure-box.tsx';

interface SignInProps {
  session: Session;
  failure: Failure | undefined;
}

/** Asks for a key: the master key shows everything, any other key what is its own. */
export function SignIn({ session, failure }: SignInProps) {
  const input = useRef<HTMLInputElement>(null);
  const isChecking = useSignal(false);
  useEffect(() => {
    document.title = 'Sign in · Sluice';
    input.current?.focus();
  }, []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const key = input.current?.value ?? '';
    if (key.trim() === '' || isChecking.peek()) return;
    isChecking.value = true;
    await session.signIn(key).finally(() => {
      isChecking.value = false;
    });
    input.current?.focus();
  }

  return (
    <main class="sign-in">
      <form onSubmit={(event) => void submit(event)}>
        <h1 class="brand">
          <Mark />
          <span>Sluice</span>
        </h1>
        <p class="note">
          Sign in with a key of this gateway. The master key shows everything; any other key shows what is its own.
        </p>
        <div class="field">
          <label for="sign-in-key">Key</label>
          <input
            id="sign-in-key"
            ref={input}
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            placeholder="sk-…"
            aria-describedby="sign-in-hint"
          />
          <p id="sign-in-hint" class="hint">
            Kept in this tab until you sign out or close it.
          </p>
        </div>
        {failure && <Refusal failure={failure} />}
        <button type="submit" class="button button-primary" disabled={isChecking.value}>
          {isChecking.value ? 'Asking the gateway…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}

function Refusal({ failure }: { failure: Failure }) {
  if (failure.kind !== 'unauthorized') return <FailureBox failure={failure} />;
  return (
    <div role="alert">
      <Notice tone="problem" title="This key was not accepted" reference={failure.code ?? ''}>
        <p>{failure.message}</p>
      </Notice>
    </div>
  );
}
