import { useSignal } from '@preact/signals';
import { type Key, keyLabel, type NewKey } from '../api/keys.ts';
import { durationOf } from '../state/form-values.ts';
import { hrefOf } from '../state/route.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { useDashboard } from './context.ts';
import { FailureBox } from './failure-box.tsx';
import { InputField } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { KeyForm } from './key-form.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { useAction } from './use-action.ts';

interface KeyActionsProps {
  item: Key;
  onChanged: () => void;
  onDeleted: () => void;
}

type Open = 'edit' | 'rotate' | 'delete' | undefined;

/** Everything that can be done with one key. */
export function KeyActions({ item, onChanged, onDeleted }: KeyActionsProps) {
  const { api, announce, router } = useDashboard();
  const open = useSignal<Open>(undefined);
  const rotated = useSignal<NewKey | undefined>(undefined);
  const block = useAction();
  const close = (): void => {
    open.value = undefined;
  };

  async function edit(fields: Record<string, unknown>): Promise<void> {
    if (Object.keys(fields).length > 0) await api.keys.update(item.hash, fields);
    close();
    announce('The key was saved.');
    onChanged();
  }

  async function toggleBlocked(): Promise<void> {
    await api.keys.setBlocked(item.hash, !item.isBlocked);
    announce(item.isBlocked ? 'The key is taken again.' : 'The key is blocked.');
    onChanged();
  }

  async function remove(): Promise<void> {
    await api.keys.remove(item.hash);
    close();
    announce('The key was deleted.');
    onDeleted();
  }

  return (
    <>
      <button type="button" class="button" onClick={() => (open.value = 'edit')}>
        Edit
      </button>
      <button type="button" class="button" disabled={block.isRunning.value} onClick={() => void block.run(toggleBlocked)}>
        {item.isBlocked ? 'Unblock' : 'Block'}
      </button>
      <button type="button" class="button" onClick={() => (open.value = 'rotate')}>
        Rotate
      </button>
      <button type="button" class="button button-danger" onClick={() => (open.value = 'delete')}>
        Delete
      </button>
      {block.failure.value && <FailureBox failure={block.failure.value} />}
      {open.value === 'edit' && <KeyForm original={item} onSend={edit} onClose={close} />}
      {open.value === 'rotate' && (
        <RotateForm
          item={item}
          onClose={close}
          onRotated={(made) => {
            close();
            rotated.value = made;
          }}
        />
      )}
      {open.value === 'delete' && (
        <ConfirmDialog title={`Delete ${keyLabel(item)}?`} verb="Delete key" onConfirm={remove} onClose={close}>
          <p>Requests with this key are refused at once, for good. To stop it for a while, block it instead.</p>
        </ConfirmDialog>
      )}
      {rotated.value && (
        <SecretDialog
          title="The key that replaces it"
          secret={rotated.value.secret}
          onClose={() => {
            const hash = rotated.peek()?.key.hash ?? '';
            rotated.value = undefined;
            // A new key has a new hash, and with it another page.
            if (hash !== '' && hash !== item.hash) router.go(hrefOf('keys', hash));
            else onChanged();
          }}
        />
      )}
    </>
  );
}

interface RotateFormProps {
  item: Key;
  onRotated: (made: NewKey) => void;
  onClose: () => void;
}

function RotateForm({ item, onRotated, onClose }: RotateFormProps) {
  const { api } = useDashboard();
  async function rotate(data: FormData): Promise<void> {
    onRotated(await api.keys.rotate(item.hash, durationOf(data, 'grace_period', 'The grace period')));
  }
  return (
    <FormDialog title={`Rotate ${keyLabel(item)}`} verb="Rotate key" onSubmit={rotate} onClose={onClose}>
      <p>A new key takes over: its limits, its budget and what was spent stay.</p>
      <InputField
        label="The old key is still taken for"
        name="grace_period"
        suggestions={['15m', '1h', '24h', '7d']}
        placeholder="not at all"
        hint="Time for programs to change over, such as 24h. Empty: it is refused at once."
      />
    </FormDialog>
  );
}
