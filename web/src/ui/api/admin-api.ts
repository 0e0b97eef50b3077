import type { Requester } from '../../api/requester.ts';
import { type AuditRow, readAudit } from './audit.ts';
import { createCall } from './call.ts';
import { createKeysApi, type KeysApi } from './keys.ts';
import { type LimitUse, readLimitUse } from './limits.ts';
import { type Me, readMe } from './me.ts';
import { createModelsApi, type ModelsApi } from './models.ts';
import type { Page } from './read.ts';
import { type LedgerQuery, type LedgerRow, readRequests } from './requests.ts';
import { createSpendApi, type SpendApi } from './spend.ts';
import { createTeamsApi, type TeamsApi } from './teams.ts';
import { createUsersApi, type UsersApi } from './users.ts';

/** The gateway as the dashboard sees it. Every call throws `FailureError`. */
export interface AdminApi {
  keys: KeysApi;
  teams: TeamsApi;
  users: UsersApi;
  models: ModelsApi;
  spend: SpendApi;
  me(): Promise<Me>;
  limitUse(hash: string): Promise<LimitUse[]>;
  requests(query: LedgerQuery): Promise<LedgerRow[]>;
  audit(asked: { page: number; size: number }): Promise<Page<AuditRow>>;
}

/** Makes the client of one gateway. */
export function createAdminApi(requester: Requester): AdminApi {
  const call = createCall(requester);
  return {
    keys: createKeysApi(call),
    teams: createTeamsApi(call),
    users: createUsersApi(call),
    models: createModelsApi(call),
    spend: createSpendApi(call),
    me: () => readMe(call),
    limitUse: (hash) => readLimitUse(call, hash),
    requests: (query) => readRequests(call, query),
    audit: (asked) => readAudit(call, asked),
  };
}
