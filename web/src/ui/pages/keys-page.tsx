import { useSignal } from '@preact/signals';
import { NewChatIcon } from '../../components/icons.tsx';
import type { NewKey } from '../api/keys.ts';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { KeyForm } from '../components/key-form.tsx';
import { KeysTable } from '../components/keys-table.tsx';
import { Loaded } from '../components/loaded.tsx';
import { PageHead } from '../components/page-head.tsx';
import { Pager } from '../components/pager.tsx';
import { SearchBox } from '../components/search-box.tsx';
import { SecretDialog } from '../components/secret-dialog.tsx';
import { useResource } from '../components/use-resource.ts';

const pageSize = 50;

/** The keys that the person may see. */
export function KeysPage() {
  return useDashboard().rights.listsKeys ? <ManyKeys /> : <OwnKey />;
}

/** A key without a user sees itself and no other. */
function OwnKey() {
  const own = useResource((api) => api.keys.read(), []);
  return (
    <>
      <PageHead title="Keys">The key that you signed in with. It belongs to no user, so it sees no other keys.</PageHead>
      <Loaded resource={own}>{(key) => <KeysTable keys={[key]} />}</Loaded>
    </>
  );
}

/** Every key that the person may see: paged, searched and ordered by the server. */
function ManyKeys() {
  const { api, announce, rights, router } = useDashboard();
  const { query } = router.route.value;
  const [search, order] = [query.get('search') ?? '', query.get('sort') ?? 'created_at.desc'];
  const page = Math.max(1, Number(query.get('page')) || 1);
  const [sortBy, sortOrder] = order.split('.');
  const isCreating = useSignal(false);
  const made = useSignal<NewKey | undefined>(undefined);
  const keys = useResource(
    (api) => api.keys.list({ page, size: pageSize, search, sortBy, sortOrder: sortOrder === 'asc' ? 'asc' : 'desc' }),
    [page, search, order],
  );

  async function create(fields: Record<string, unknown>): Promise<void> {
    made.value = await api.keys.create(fields);
    isCreating.value = false;
    announce('The key was created.');
    void keys.reload();
  }

  return (
    <>
      <PageHead
        title="Keys"
        actions={
          rights.managesKeys && (
            <button type="button" class="button button-primary" onClick={() => (isCreating.value = true)}>
              <NewChatIcon /> New key
            </button>
          )
        }
      />
      <SearchBox label="Search keys" value={search} onSearch={(text) => router.remember({ search: text, page: '' })} />
      <Loaded resource={keys}>
        {(found) => (
          <>
            {found.rows.length === 0 ? (
              <NoKeys isSearch={search !== ''} />
            ) : (
              <KeysTable keys={found.rows} order={order} onSort={(sort) => router.remember({ sort, page: '' })} />
            )}
            <Pager page={found} noun="keys" onPage={(next) => router.remember({ page: next === 1 ? '' : String(next) })} />
          </>
        )}
      </Loaded>
      {isCreating.value && <KeyForm onSend={create} onClose={() => (isCreating.value = false)} />}
      {made.value && <SecretDialog title="The new key" secret={made.value.secret} onClose={() => (made.value = undefined)} />}
    </>
  );
}

function NoKeys({ isSearch }: { isSearch: boolean }) {
  const { rights } = useDashboard();
  if (isSearch) return <Empty title="No key matches">Search looks at aliases, ends of keys, users and teams.</Empty>;
  return <Empty title="No keys yet">{rights.managesKeys && 'Make one for each program that calls the gateway.'}</Empty>;
}
