import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Mark, MoonIcon, SunIcon } from '../../components/icons.tsx';
import { hrefOf, type Route } from '../state/route.ts';
import type { Rights } from '../state/session.ts';
import { useDashboard } from './context.ts';

const roleNames = { admin: 'Administrator', admin_viewer: 'Viewer of all', user: 'User', viewer: 'Viewer' } as const;

interface Place {
  name: Parameters<typeof hrefOf>[0];
  label: string;
  /** Other pages below this one. */
  includes?: Route['name'];
  isFor?: (rights: Rights) => boolean;
}

const places: readonly Place[] = [
  { name: 'overview', label: 'Overview' },
  { name: 'keys', label: 'Keys', includes: 'key' },
  { name: 'teams', label: 'Teams', includes: 'team', isFor: (rights) => rights.seesAll },
  { name: 'users', label: 'Users', isFor: (rights) => rights.seesAll },
  { name: 'spend', label: 'Spend' },
  { name: 'models', label: 'Models' },
  { name: 'requests', label: 'Requests' },
  { name: 'audit', label: 'Audit log', isFor: (rights) => rights.seesAll },
];

/** Name, pages, and who is signed in: a column on wide screens, a bar on narrow ones. The page goes beside it. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { me, rights, router, session, theme } = useDashboard();
  const current = router.route.value.name;
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current]);
  const shown = me.isOpen ? [] : places.filter(({ isFor }) => isFor?.(rights) ?? true);
  const other = theme.name.value === 'dark' ? 'Light' : 'Dark';
  return (
    <div class="shell">
      <a
        class="skip-link"
        href="#content"
        onClick={(event) => {
          // The part after # names the page here.
          event.preventDefault();
          document.getElementById('content')?.focus();
        }}
      >
        Skip to the page
      </a>
      <header class="side">
        <p class="brand">
          <Mark />
          <span class="brand-name">Sluice</span>
        </p>
        <nav aria-label="Pages">
          <ul ref={list} class="places">
            {shown.map(({ name, label, includes }) => (
              <li key={name}>
                <a href={hrefOf(name)} aria-current={current === name || current === includes ? 'page' : undefined}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="side-foot">
          <p class="who">
            <span class="who-name">{whoName(me)}</span>
            {!me.isOpen && <span class="hint">{roleNames[me.role]}</span>}
          </p>
          <div class="side-links">
            <a href="../index.html">Playground</a>
            {!me.isOpen && (
              <button type="button" class="text-button" onClick={() => session.signOut()}>
                Sign out
              </button>
            )}
            <button type="button" class="text-button" onClick={theme.toggle} aria-label={`${other} theme`}>
              {other === 'Dark' ? <MoonIcon /> : <SunIcon />}
            </button>
          </div>
          {me.version !== null && <p class="hint version">Sluice {me.version}</p>}
        </div>
      </header>
      <main id="content" class="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function whoName(me: ReturnType<typeof useDashboard>['me']): string {
  if (me.isOpen) return 'No keys in use';
  // Every other key has a name.
  if (me.keyName === null) return me.keyAlias ?? 'Master key';
  return me.keyAlias ?? me.userId ?? me.keyName;
}
