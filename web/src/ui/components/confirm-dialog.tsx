import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';
import { FailureBox } from './failure-box.tsx';
import { useAction } from './use-action.ts';

interface ConfirmDialogProps {
  title: string;
  /** What the button says: the deed, never "OK". */
  verb: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
  children: ComponentChildren;
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({ title, verb, onConfirm, onClose, children }: ConfirmDialogProps) {
  const action = useAction();
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="dialog-body">
        {children}
        {action.failure.value && <FailureBox failure={action.failure.value} />}
      </div>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button button-danger"
          disabled={action.isRunning.value}
          onClick={() => void action.run(onConfirm)}
        >
          {verb}
        </button>
      </div>
    </Dialog>
  );
}
