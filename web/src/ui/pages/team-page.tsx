import { useSignal } from '@preact/signals';
import { type TeamDetails, teamLabel } from '../api/teams.ts';
import { Card } from '../components/card.tsx';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { KeysTable } from '../components/keys-table.tsx';
import { Loaded } from '../components/loaded.tsx';
import { MembersCard } from '../components/members-card.tsx';
import { LimitMeter } from '../components/meter.tsx';
import { PageHead } from '../components/page-head.tsx';
import { Status } from '../components/status.tsx';
import { TeamActions } from '../components/team-actions.tsx';
import { useResource } from '../components/use-resource.ts';
import type { LimitUse } from '../api/limits.ts';
import type { Team } from '../api/teams.ts';
import { formatCompact } from '../state/format.ts';
import { hrefOf } from '../state/route.ts';

/** One team: its limits, its members, its keys. */
export function TeamPage({ id }: { id: string }) {
  const { rights } = useDashboard();
  const isGone = useSignal(false);
  const details = useResource((api) => api.teams.read(id), [id]);
  const team = details.value.value?.team;
  if (isGone.value) {
    return (
      <>
        <PageHead title="The team was deleted" trail={<a href={hrefOf('teams')}>Teams</a>} />
        <Empty title="Its keys were deleted with it.">Its spend stays in the reports.</Empty>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={team ? teamLabel(team) : 'Team'}
        trail={<a href={hrefOf('teams')}>Teams</a>}
        actions={
          team &&
          rights.managesAll && (
            <TeamActions team={team} onChanged={() => void details.reload()} onDeleted={() => (isGone.value = true)} />
          )
        }
      >
        {team && (
          <>
            <code>{team.id}</code> <Status tone={team.isBlocked ? 'bad' : 'good'}>{team.isBlocked ? 'blocked' : 'active'}</Status>
          </>
        )}
      </PageHead>
      <Loaded resource={details}>{(found) => <Details details={found} onChanged={() => void details.reload()} />}</Loaded>
    </>
  );
}

function Details({ details: { team, keys }, onChanged }: { details: TeamDetails; onChanged: () => void }) {
  return (
    <>
      <div class="columns">
        <Card title="Limits">
          <ul class="limits">
            <LimitMeter use={budgetOf(team)} />
          </ul>
          <dl class="facts-list">
            <dt>Rates</dt>
            <dd>{ratesText(team)}</dd>
            <dt>Models</dt>
            <dd>{team.models.length === 0 ? 'every model' : team.models.join(', ')}</dd>
          </dl>
        </Card>
        <MembersCard team={team} onChanged={onChanged} />
      </div>
      <Card title="Keys">
        {keys.length === 0 ? (
          <Empty title="No keys of this team yet">Make one on the page of keys.</Empty>
        ) : (
          <KeysTable keys={keys} />
        )}
      </Card>
    </>
  );
}

function budgetOf({ maxBudgetUsd, spentUsd, budgetResetsAtMs }: Team): LimitUse {
  return { scope: 'team', kind: 'budget', max: maxBudgetUsd, used: spentUsd, resetsAtMs: budgetResetsAtMs };
}

function ratesText({ requestsPerMinute, tokensPerMinute, maxParallel }: Team): string {
  const parts = [
    requestsPerMinute !== null && `${formatCompact(requestsPerMinute)} requests per minute`,
    tokensPerMinute !== null && `${formatCompact(tokensPerMinute)} tokens per minute`,
    maxParallel !== null && `${formatCompact(maxParallel)} requests at a time`,
  ].filter(Boolean);
  return parts.length === 0 ? 'no limit' : parts.join(', ');
}
