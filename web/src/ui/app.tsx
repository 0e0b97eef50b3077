import { signal } from '@preact/signals';
import type { ComponentChild } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Theme } from '../state/theme.ts';
import type { AdminApi } from './api/admin-api.ts';
import { type Dashboard, DashboardProvider } from './components/context.ts';
import { Shell } from './components/shell.tsx';
import { SignIn } from './components/sign-in.tsx';
import { AuditPage } from './pages/audit-page.tsx';
import { KeyPage } from './pages/key-page.tsx';
import { KeysPage } from './pages/keys-page.tsx';
import { ModelsPage } from './pages/models-page.tsx';
import { OpenPage } from './pages/open-page.tsx';
import { OverviewPage } from './pages/overview-page.tsx';
import { RequestsPage } from './pages/requests-page.tsx';
import { SpendPage } from './pages/spend-page.tsx';
import { TeamPage } from './pages/team-page.tsx';
import { TeamsPage } from './pages/teams-page.tsx';
import { UsersPage } from './pages/users-page.tsx';
import type { Route } from './state/route.ts';
import type { Router } from './state/router.ts';
import { rightsOf, type Session } from './state/session.ts';

interface AppProps {
  api: AdminApi;
  session: Session;
  router: Router;
  theme: Theme;
  /** Milliseconds since 1970. */
  now: () => number;
}

const toastMs = 5_000;

/** The operators' dashboard: the form to sign in, or the page that the address names. */
export function App({ api, session, router, theme, now }: AppProps) {
  const said = useMemo(() => signal(''), []);
  const text = said.value;
  useEffect(() => {
    if (text === '') return;
    const timer = setTimeout(() => {
      said.value = '';
    }, toastMs);
    return () => clearTimeout(timer);
  }, [text]);
  const state = session.state.value;
  if (state.kind === 'checking') {
    return (
      <p class="loading" role="status">
        Asking the gateway…
      </p>
    );
  }
  if (state.kind === 'signed-out') return <SignIn session={session} failure={state.failure} />;

  const { me } = state;
  const dashboard: Dashboard = {
    api,
    session,
    me,
    rights: rightsOf(me),
    router,
    theme,
    now,
    announce(text) {
      said.value = text;
    },
  };
  return (
    <DashboardProvider value={dashboard}>
      <Shell>{me.isOpen ? <OpenPage /> : pageOf(router.route.value, dashboard)}</Shell>
      <p class="toast" role="status" aria-live="polite" data-shown={text !== ''}>
        {text}
      </p>
    </DashboardProvider>
  );
}

function pageOf({ name, id }: Route, { rights }: Dashboard): ComponentChild {
  // Each key and team is a page of its own: nothing of the one before is shown.
  if (name === 'key') return <KeyPage key={id} hash={id} />;
  if (name === 'keys') return <KeysPage />;
  if (name === 'spend') return <SpendPage />;
  if (name === 'models') return <ModelsPage />;
  if (name === 'requests') return <RequestsPage />;
  if (rights.seesAll) {
    if (name === 'team') return <TeamPage key={id} id={id} />;
    if (name === 'teams') return <TeamsPage />;
    if (name === 'users') return <UsersPage />;
    if (name === 'audit') return <AuditPage />;
  }
  return <OverviewPage />;
}
