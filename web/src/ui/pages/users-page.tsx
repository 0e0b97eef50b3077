import { useSignal } from '@preact/signals';
import { NewChatIcon } from '../../components/icons.tsx';
import { type User, userRoles } from '../api/users.ts';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { PageHead } from '../components/page-head.tsx';
import { Pager } from '../components/pager.tsx';
import { SearchBox } from '../components/search-box.tsx';
import { SecretDialog } from '../components/secret-dialog.tsx';
import { Table } from '../components/table.tsx';
import { UserForm } from '../components/user-form.tsx';
import { useResource } from '../components/use-resource.ts';
import { formatDate, formatPeriod, formatUsd } from '../state/format.ts';

const pageSize = 50;

/** Every user: paged and searched by the server. */
export function UsersPage() {
  const { api, announce, rights, router } = useDashboard();
  const { query } = router.route.value;
  const search = query.get('search') ?? '';
  const page = Math.max(1, Number(query.get('page')) || 1);
  const isCreating = useSignal(false);
  const secret = useSignal('');
  const users = useResource((api) => api.users.list({ page, size: pageSize, search }), [page, search]);

  async function create(fields: Record<string, unknown>): Promise<void> {
    const made = await api.users.create(fields);
    isCreating.value = false;
    secret.value = made.secret ?? '';
    announce('The user was created.');
    void users.reload();
  }

  return (
    <>
      <PageHead
        title="Users"
        actions={
          rights.managesAll && (
            <button type="button" class="button button-primary" onClick={() => (isCreating.value = true)}>
              <NewChatIcon /> New user
            </button>
          )
        }
      />
      <SearchBox label="Search users" value={search} onSearch={(text) => router.remember({ search: text, page: '' })} />
      <Loaded resource={users}>
        {(found) => (
          <>
            {found.rows.length === 0 ? (
              <Empty title={search === '' ? 'No users yet' : 'No user matches'} />
            ) : (
              <UsersTable users={found.rows} />
            )}
            <Pager page={found} noun="users" onPage={(next) => router.remember({ page: next === 1 ? '' : String(next) })} />
          </>
        )}
      </Loaded>
      {isCreating.value && <UserForm onSend={create} onClose={() => (isCreating.value = false)} />}
      {secret.value !== '' && (
        <SecretDialog title="The new user’s key" secret={secret.value} onClose={() => (secret.value = '')} />
      )}
    </>
  );
}

function UsersTable({ users }: { users: readonly User[] }) {
  return (
    <Table
      label="Users"
      head={
        <>
          <th scope="col">User</th>
          <th scope="col">Role</th>
          <th scope="col" class="number">
            Spent
          </th>
          <th scope="col" class="number">
            Budget
          </th>
          <th scope="col" class="number col-wide">
            Teams
          </th>
          <th scope="col" class="col-wide">
            Created
          </th>
        </>
      }
    >
      {users.map((user) => (
        <tr key={user.id}>
          <th scope="row">
            {user.alias ?? user.email ?? user.id}
            {(user.alias ?? user.email) !== null && <span class="sub">{user.id}</span>}
          </th>
          <td>{userRoles[user.role ?? ''] ?? user.role}</td>
          <td class="number">{formatUsd(user.spentUsd)}</td>
          <td class="number">
            {user.maxBudgetUsd === null ? (
              <span class="quiet">no limit</span>
            ) : (
              `${formatUsd(user.maxBudgetUsd)} ${formatPeriod(user.budgetDuration)}`
            )}
          </td>
          <td class="number col-wide">{user.teams.length}</td>
          <td class="col-wide nowrap">{user.createdAtMs !== null && formatDate(user.createdAtMs)}</td>
        </tr>
      ))}
    </Table>
  );
}
