import type { ComponentChildren } from 'preact';

/** A drawing of 20 by 20, in the colour of the text, hidden from screen readers: the control has the name. */
function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

/** The gate of the mark: two posts, a lifted board, water going through below it. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false">
      <path class="mark-posts" d="M6.5 4v24M25.5 4v24M6.5 4.5h19" />
      <path class="mark-board" d="M11 9h10v7H11z" />
      <path class="mark-water" d="M2.5 24c2.2-1.8 4.5-1.8 6.7 0s4.6 1.8 6.8 0 4.5-1.8 6.7 0 4.6 1.8 6.8 0" />
    </svg>
  );
}

export const SendIcon = () => (
  <Icon>
    <path d="M10 16V4.5M5 9.5l5-5 5 5" />
  </Icon>
);

export const StopIcon = () => (
  <Icon>
    <rect x="5.5" y="5.5" width="9" height="9" rx="1" fill="currentColor" />
  </Icon>
);

export const RefreshIcon = () => (
  <Icon>
    <path d="M16 10a6 6 0 1 1-1.8-4.3M16 3.5V7h-3.5" />
  </Icon>
);

export const NewChatIcon = () => (
  <Icon>
    <path d="M10 4.5v11M4.5 10h11" />
  </Icon>
);

export const SettingsIcon = () => (
  <Icon>
    <path d="M3.5 6.5h7m4 0h2M3.5 13.5h2m4 0h7" />
    <circle cx="12.5" cy="6.5" r="2" />
    <circle cx="7.5" cy="13.5" r="2" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.2" />
    <path d="M10 2.5v1.7M10 15.8v1.7M2.5 10h1.7M15.8 10h1.7M4.7 4.7l1.2 1.2M14.1 14.1l1.2 1.2M15.3 4.7l-1.2 1.2M5.9 14.1l-1.2 1.2" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M16.3 12.1A6.8 6.8 0 0 1 7.9 3.7a6.8 6.8 0 1 0 8.4 8.4z" />
  </Icon>
);

export const DownIcon = () => (
  <Icon>
    <path d="M10 4v11.5M5 10.5l5 5 5-5" />
  </Icon>
);
