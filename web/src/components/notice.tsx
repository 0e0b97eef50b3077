import type { ComponentChildren } from 'preact';

interface NoticeProps {
  /** `calm`: it passes by itself. `problem`: something has to be done. */
  tone: 'calm' | 'problem';
  title: string;
  /** For whoever looks into it: code, request id. */
  reference?: string;
  /** What can be done now. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** Tells what went wrong, in a box, with the way out. */
export function Notice({ tone, title, reference, actions, children }: NoticeProps) {
  return (
    <div class={`notice notice-${tone}`}>
      <div class="notice-body">
        <p class="notice-title">{title}</p>
        <div class="notice-text">{children}</div>
        {reference && <p class="notice-reference">{reference}</p>}
      </div>
      {actions && <div class="notice-actions">{actions}</div>}
    </div>
  );
}
