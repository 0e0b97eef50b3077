import type { ModelTable } from '../core/model-table.ts';
import { adminRoutes } from '../http/routes/admin.ts';
import { limitUsageRoutes } from '../http/routes/limit-usage.ts';
import { meRoutes } from '../http/routes/me.ts';
import { modelAdminRoutes } from '../http/routes/model-admin.ts';
import { spendRoutes } from '../http/routes/spend.ts';
import type { RouteDefinition } from '../http/route.ts';
import { version } from '../version.ts';
import type { ApiModels } from './api-models.ts';
import type { Governance } from './governance.ts';

interface MoreRoutesInput {
  governance: Governance;
  apiModels: ApiModels;
  models: () => ModelTable;
}

/** The routes of keys, limits, spend and models, over the parts that do their work. */
export function moreRoutes({ governance, apiModels, models }: MoreRoutesInput): RouteDefinition[] {
  const { admission, directory, services, spend } = governance;
  return [
    ...adminRoutes(services),
    ...spendRoutes({ spend }),
    ...meRoutes(version),
    ...limitUsageRoutes({
      store: services.store,
      accessOf: (hash) => directory.describe(hash),
      limitsOf: (access) => admission.limitsOf(access),
    }),
    ...modelAdminRoutes(
      {
        admin: services,
        box: () => governance.secretBox(),
        check: (entry) => apiModels.check(entry),
        reload: () => apiModels.load(),
      },
      { models, infoOf: (id) => apiModels.infoOf(id) },
    ),
  ];
}
