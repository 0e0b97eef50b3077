import { type ReadonlySignal, signal } from '@preact/signals';

type ThemeName = 'light' | 'dark';

/** The theme that is shown, and the switch. */
export interface Theme {
  name: ReadonlySignal<ThemeName>;
  toggle(): void;
}

/** The same name as in `public/theme.js`, which applies the choice before the first paint. */
const storageName = 'sluice-theme';

/** Follows the system until a person chooses; a choice that equals the system's follows it again. */
export function createTheme(): Theme {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const systemName = (): ThemeName => (system.matches ? 'dark' : 'light');
  const root = document.documentElement;
  const chosen = (): ThemeName | undefined =>
    root.dataset['theme'] === 'dark' || root.dataset['theme'] === 'light' ? root.dataset['theme'] : undefined;
  const name = signal<ThemeName>(chosen() ?? systemName());
  system.addEventListener('change', () => {
    name.value = chosen() ?? systemName();
  });

  return {
    name,
    toggle() {
      name.value = name.value === 'dark' ? 'light' : 'dark';
      const followsSystem = name.value === systemName();
      if (followsSystem) delete root.dataset['theme'];
      else root.dataset['theme'] = name.value;
      try {
        if (followsSystem) localStorage.removeItem(storageName);
        else localStorage.setItem(storageName, name.value);
      } catch {
        // Storage is blocked: the choice holds until the reload.
      }
    },
  };
}
