import { useSignal } from '@preact/signals';
import { copyText } from '../clipboard.ts';

interface CopyButtonProps {
  label: string;
  text: () => string;
}

/** Copies a text and says for a moment whether that worked. */
export function CopyButton({ label, text }: CopyButtonProps) {
  const shown = useSignal(label);
  async function copy(): Promise<void> {
    shown.value = (await copyText(text())) ? 'Copied' : 'Copying was refused';
    setTimeout(() => {
      shown.value = label;
    }, 1_500);
  }
  return (
    <button type="button" class="text-button" onClick={() => void copy()}>
      <span aria-live="polite">{shown}</span>
    </button>
  );
}
