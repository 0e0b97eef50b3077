import { useSignal } from '@preact/signals';
import { NewChatIcon } from '../../components/icons.tsx';
import { type Team, teamLabel } from '../api/teams.ts';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Bar } from '../components/meter.tsx';
import { PageHead } from '../components/page-head.tsx';
import { SearchBox } from '../components/search-box.tsx';
import { Status } from '../components/status.tsx';
import { Table } from '../components/table.tsx';
import { TeamForm } from '../components/team-form.tsx';
import { useResource } from '../components/use-resource.ts';
import { formatCount, formatPeriod, formatUsd } from '../state/format.ts';
import { hrefOf } from '../state/route.ts';

const maxRows = 200;

/** Every team. The server lists them all at once, so the search is made here. */
export function TeamsPage() {
  const { api, announce, rights, router } = useDashboard();
  const search = router.route.value.query.get('search') ?? '';
  const isCreating = useSignal(false);
  const teams = useResource((api) => api.teams.list(), []);

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
      <SearchBox label="Search teams" value={search} onSearch={(text) => router.remember({ search: text })} />
      <Loaded resource={teams}>{(found) => <TeamsTable teams={found} search={search} />}</Loaded>
      {isCreating.value && <TeamForm onSend={create} onClose={() => (isCreating.value = false)} />}
    </>
  );
}

function TeamsTable({ teams, search }: { teams: readonly Team[]; search: string }) {
  const wanted = search.toLowerCase();
  const found = teams.filter((team) => `${team.alias ?? ''} ${team.id}`.toLowerCase().includes(wanted));
  if (teams.length === 0) return <Empty title="No teams yet">A team gives its keys a common budget and common limits.</Empty>;
  if (found.length === 0) return <Empty title="No team matches" />;
  return (
    <>
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
        {found.slice(0, maxRows).map((team) => (
          <TeamRow key={team.id} team={team} />
        ))}
      </Table>
      <p class="pager">
        {formatCount(found.length)} {found.length === 1 ? 'team' : 'teams'}
        {found.length > maxRows && `, the first ${maxRows} shown; search for others`}
      </p>
    </>
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
