import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PageHeadProps {
  title: string;
  /** Where the page belongs, above the title. */
  trail?: ComponentChildren;
  /** Buttons at the right. */
  actions?: ComponentChildren;
  /** One line below the title. */
  children?: ComponentChildren;
}

/** The head of a page. Takes the focus when the page is come to, so that screen readers begin here. */
export function PageHead({ title, trail, actions, children }: PageHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = `${title} · Sluice`;
  }, [title]);
  return (
    <header class="page-head">
      <div class="page-title">
        {trail && <p class="trail">{trail}</p>}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children && <div class="note">{children}</div>}
      </div>
      {actions && <div class="actions">{actions}</div>}
    </header>
  );
}
