import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Theme } from '../../state/theme.ts';
import type { AdminApi } from '../api/admin-api.ts';
import type { Me } from '../api/me.ts';
import type { Router } from '../state/router.ts';
import type { Rights, Session } from '../state/session.ts';

/** What every page of the dashboard works with, once somebody is signed in. */
export interface Dashboard {
  api: AdminApi;
  session: Session;
  me: Me;
  rights: Rights;
  router: Router;
  theme: Theme;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Tells a person what was done: on the page, and to screen readers. */
  announce(text: string): void;
}

const DashboardContext = createContext<Dashboard | undefined>(undefined);

/** Gives the dashboard to every component below. */
export const DashboardProvider = DashboardContext.Provider;

/** The dashboard that the page runs on. */
export function useDashboard(): Dashboard {
  const dashboard = useContext(DashboardContext);
  if (!dashboard) throw new Error('useDashboard has to be called below a DashboardProvider');
  return dashboard;
}
