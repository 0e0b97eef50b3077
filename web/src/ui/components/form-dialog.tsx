import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { FormProblem } from '../state/form-values.ts';
import { Dialog } from './dialog.tsx';
import { FailureBox } from './failure-box.tsx';
import { useAction } from './use-action.ts';

interface FormDialogProps {
  title: string;
  /** What the button says. */
  verb: string;
  /** Sends what was filled in. Throws `FormProblem` for what cannot be sent; what the gateway refuses is told too. */
  onSubmit: (data: FormData) => Promise<void>;
  onClose: () => void;
  children: ComponentChildren;
}

/** A form above the page. Stays open, with everything in it, until the gateway has taken it. */
export function FormDialog({ title, verb, onSubmit, onClose, children }: FormDialogProps) {
  const action = useAction();
  const problem = useSignal('');
  async function submit(form: HTMLFormElement): Promise<void> {
    problem.value = '';
    try {
      await onSubmit(new FormData(form));
    } catch (error) {
      if (!(error instanceof FormProblem)) throw error;
      problem.value = error.message;
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          void action.run(() => submit(form));
        }}
      >
        <div class="dialog-body">{children}</div>
        <div class="dialog-foot">
          {problem.value !== '' && (
            <p class="form-problem" role="alert">
              {problem}
            </p>
          )}
          {action.failure.value && <FailureBox failure={action.failure.value} />}
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-primary" disabled={action.isRunning.value}>
            {action.isRunning.value ? 'Sending…' : verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
