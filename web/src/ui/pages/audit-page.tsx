import type { AuditRow } from '../api/audit.ts';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { PageHead } from '../components/page-head.tsx';
import { Pager } from '../components/pager.tsx';
import { Table } from '../components/table.tsx';
import { useResource } from '../components/use-resource.ts';
import { changesBetween } from '../state/changes.ts';
import { formatDateTime } from '../state/format.ts';
import { hrefOf } from '../state/route.ts';

const pageSize = 50;

/** Who changed what, and when; the newest first. */
export function AuditPage() {
  const { router } = useDashboard();
  const page = Math.max(1, Number(router.route.value.query.get('page')) || 1);
  const rows = useResource((api) => api.audit({ page, size: pageSize }), [page]);
  return (
    <>
      <PageHead title="Audit log">Every administrative change. Keys appear by hash only.</PageHead>
      <Loaded resource={rows}>
        {(found) => (
          <>
            {found.rows.length === 0 ? <Empty title="Nothing was changed yet" /> : <AuditTable rows={found.rows} />}
            <Pager page={found} noun="changes" onPage={(next) => router.remember({ page: next === 1 ? '' : String(next) })} />
          </>
        )}
      </Loaded>
    </>
  );
}

function AuditTable({ rows }: { rows: readonly AuditRow[] }) {
  return (
    <Table
      label="Audit log"
      head={
        <>
          <th scope="col">Time</th>
          <th scope="col">By</th>
          <th scope="col">Change</th>
          <th scope="col">What</th>
          <th scope="col">Details</th>
        </>
      }
    >
      {rows.map((row) => (
        <tr key={row.id}>
          <td class="nowrap">{row.atMs !== null && formatDateTime(row.atMs)}</td>
          <td>
            {shorten(row.actor)}
            {row.actorRole !== null && row.actorRole !== row.actor && <span class="sub">{row.actorRole}</span>}
          </td>
          <td class="nowrap">{row.action}</td>
          <td>
            <EntityLink row={row} />
          </td>
          <td>
            <Changes row={row} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** Hashes are long, and say no more at full length. */
function shorten(id: string): string {
  return id.length === 64 ? `${id.slice(0, 12)}…` : id;
}

function EntityLink({ row: { entity, entityId } }: { row: AuditRow }) {
  const shown = shorten(entityId);
  if (entity === 'key') return <a href={hrefOf('keys', entityId)}>{shown}</a>;
  if (entity === 'team') return <a href={hrefOf('teams', entityId)}>{shown}</a>;
  return <>{`${entity} ${shown}`}</>;
}

function Changes({ row: { before, after } }: { row: AuditRow }) {
  const changes = changesBetween(before, after);
  if (changes.length === 0) return null;
  const names = changes.map(({ name }) => name).join(', ');
  return (
    <details class="changes">
      <summary>{names}</summary>
      <dl class="facts-list">
        {changes.map(({ name, before, after }) => (
          <div key={name} class="change">
            <dt>{name}</dt>
            <dd>
              {before !== undefined && <del>{before}</del>} {after !== undefined && <ins>{after}</ins>}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
