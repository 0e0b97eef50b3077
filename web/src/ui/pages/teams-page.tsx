import { useSignal } from '@preact/signals';
import { NewChatIcon } from '../../components/icons.tsx';
import { type Team, teamLabel } from '../api/teams.ts';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Bar } from '../components/meter.tsx';
import { PageHead } from '../components/page-head.tsx';
import { Pager } from '../components/pager.tsx';
import { SearchBox } from '../components/search-box.tsx';
import { Status } from '../components/status.tsx';
import { Table } from '../components/table.tsx';
import { TeamForm } from '../components/team-form.tsx';
import { useResource } from '../components/use-resource.ts';
import { formatPeriod, formatUsd } from '../state/format.ts';
import { hrefOf } from '../state/route.ts';

const pageSize = 50;

/** Every team: paged and searched by the server. */
export function TeamsPage() {
  const { api, announce, rights, router } = useDashboard();
  const { query } = router.route.value;
  const search = query.get('search') ?? '';
  const page = Math.max(1, Number(query.get('page')) || 1);
  const isCreating = useSignal(false);
  const teams = useResource((api) => api.teams.list({ page, size: pageSize, search }), [page, search]);

  async function create(fields: Record<string, unknown>): Promise<void> {
    const team = await api.teams.create(fields);
    announce('The team was created.');
    if (team.id === '') {
      isCreating.value = false;
      void teams.reload();
    } else router.go(hrefOf('teams', team.id));
  }

  return (
    <>
      <PageHead
        title="Teams"
        actions={
          rights.managesAll && (
            <button type="button" class="button button-primary" onClick={() => (isCreating.value = true)}>
              <NewChatIcon /> New team
            </button>
          )
        }
      />
      <SearchBox label="Search teams" value={search} onSearch={(text) => router.remember({ search: text, page: '' })} />
      <Loaded resource={teams}>
        {(found) => (
          <>
            {found.rows.length === 0 ? <NoTeams isSearch={search !== ''} /> : <TeamsTable teams={found.rows} />}
            <Pager page={found} noun="teams" onPage={(next) => router.remember({ page: next === 1 ? '' : String(next) })} />
          </>
        )}
      </Loaded>
      {isCreating.value && <TeamForm onSend={create} onClose={() => (isCreating.value = false)} />}
    </>
  );
}

function NoTeams({ isSearch }: { isSearch: boolean }) {
  if (isSearch) return <Empty title="No team matches" />;
  return <Empty title="No teams yet">A team gives its keys a common budget and common limits.</Empty>;
}

function TeamsTable({ teams }: { teams: readonly Team[] }) {
  return (
    <Table
      label="Teams"
      head={
        <>
          <th scope="col">Team</th>
          <th scope="col" class="number">
            Members
          </th>
          <th scope="col" class="number">
            Spent
          </th>
          <th scope="col" class="col-budget">
            Budget
          </th>
          <th scope="col" class="col-wide">
            Models
          </th>
          <th scope="col">State</th>
        </>
      }
    >
      {teams.map((team) => (
        <TeamRow key={team.id} team={team} />
      ))}
    </Table>
  );
}

function TeamRow({ team }: { team: Team }) {
  const { spentUsd, maxBudgetUsd } = team;
  return (
    <tr>
      <th scope="row">
        <a href={hrefOf('teams', team.id)}>{teamLabel(team)}</a>
      </th>
      <td class="number">{team.members.length}</td>
      <td class="number">{formatUsd(spentUsd)}</td>
      <td class="col-budget">
        {maxBudgetUsd === null ? (
          <span class="quiet">no limit</span>
        ) : (
          <>
            <span>
              {formatUsd(maxBudgetUsd)} <span class="quiet">{formatPeriod(team.budgetDuration)}</span>
            </span>
            <Bar
              used={spentUsd}
              max={maxBudgetUsd}
              label="Budget"
              text={`${formatUsd(spentUsd)} of ${formatUsd(maxBudgetUsd)}`}
            />
          </>
        )}
      </td>
      <td class="col-wide">{team.models.length === 0 ? <span class="quiet">every model</span> : team.models.join(', ')}</td>
      <td>
        <Status tone={team.isBlocked ? 'bad' : 'good'}>{team.isBlocked ? 'blocked' : 'active'}</Status>
      </td>
    </tr>
  );
}
