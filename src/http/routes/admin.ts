import type { AdminServices } from '../../admin/services.ts';
import type { RouteDefinition } from '../route.ts';
import { auditRoutes } from './audit.ts';
import { budgetRoutes } from './budgets.ts';
import { customerRoutes } from './customers.ts';
import { keyRoutes } from './keys.ts';
import { teamRoutes } from './teams.ts';
import { userRoutes } from './users.ts';

/** The admin API for keys and whoever they belong to. */
export function adminRoutes(services: AdminServices): RouteDefinition[] {
  return [keyRoutes, userRoutes, teamRoutes, budgetRoutes, customerRoutes, auditRoutes].flatMap((routes) => routes(services));
}

/** First parts of LiteLLM's paths that are not served, with what to use instead. */
const absent = new Map(
  Object.entries({
    organization: 'group keys by team: /team/new',
    project: 'group keys by team: /team/new',
    credentials: 'give each model its own credentials: /model/new, or the configuration',
    access_group: 'list models at keys and teams',
    tag: 'tags are set at keys and requests; spend by tag is in /spend/logs',
    mcp: 'MCP servers are not proxied',
    vector_store: 'vector stores are not proxied',
  }),
);

/** What to tell whoever asks for a part of LiteLLM's API that is not served; null: it is none. */
export function absentFeature(path: string): string | null {
  const [, first = '', second] = path.split('/');
  const name = first === 'v1' && second !== undefined ? second : first;
  const instead = absent.get(name.replace(/s$/, '')) ?? absent.get(name);
  return instead === undefined ? null : `not found: /${name} is not served by this gateway; ${instead}`;
}
