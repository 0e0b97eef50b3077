import { useRef } from 'preact/hooks';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog } from './dialog.tsx';

interface SecretDialogProps {
  title: string;
  secret: string;
  onClose: () => void;
}

/** Shows a new key, the only time that it can be seen. */
export function SecretDialog({ title, secret, onClose }: SecretDialogProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="dialog-body">
        <p>
          Copy it now: <strong>it is shown only this once.</strong> The gateway keeps no more than its hash.
        </p>
        <div class="secret">
          <input
            ref={input}
            type="text"
            readOnly
            value={secret}
            aria-label="The new key"
            autocomplete="off"
            spellcheck={false}
            onFocus={() => input.current?.select()}
          />
          <CopyButton label="Copy key" text={() => secret} />
        </div>
      </div>
      <div class="dialog-foot">
        <button type="button" class="button button-primary" onClick={onClose}>
          I have it
        </button>
      </div>
    </Dialog>
  );
}
