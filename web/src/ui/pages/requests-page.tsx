import { useSignal } from '@preact/signals';
import { formatDuration } from '../../state/facts.ts';
import type { LedgerRow } from '../api/requests.ts';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { PageHead } from '../components/page-head.tsx';
import { Status } from '../components/status.tsx';
import { Table } from '../components/table.tsx';
import { usePolling } from '../components/use-polling.ts';
import { useResource } from '../components/use-resource.ts';
import { dayOf, shiftDay } from '../state/days.ts';
import { formatClock, formatCount, formatDateTime, formatUsd } from '../state/format.ts';
import { hrefOf } from '../state/route.ts';

const pollMs = 2_000;
const shownRows = 100;

/** The newest requests as they come in. What was said in them is nowhere to be seen. */
export function RequestsPage() {
  const { now } = useDashboard();
  const isLive = useSignal(true);
  const onlyFailed = useSignal(false);
  const rows = useResource((api) => {
    const today = dayOf(now());
    // A day to either side: the reader's clock may be off, and midnight is not empty.
    return api.requests({ start: shiftDay(today, -1), end: shiftDay(today, 1), size: shownRows });
  }, []);
  usePolling(rows.reload, isLive.value ? pollMs : undefined);
  return (
    <>
      <PageHead
        title="Requests"
        actions={
          <button type="button" class="button" aria-pressed={isLive.value} onClick={() => (isLive.value = !isLive.value)}>
            <span class="live-dot" data-live={isLive.value} aria-hidden="true" />
            {isLive.value ? 'Live' : 'Paused'}
          </button>
        }
      >
        The newest {shownRows}, asked for every 2 seconds while this page is in sight.
      </PageHead>
      <div class="toolbar">
        <label class="choice">
          <input type="checkbox" checked={onlyFailed.value} onChange={() => (onlyFailed.value = !onlyFailed.value)} />
          Only failed
        </label>
      </div>
      <Loaded resource={rows}>
        {(found) => <RequestsTable rows={onlyFailed.value ? found.filter(({ isFailed }) => isFailed) : found} />}
      </Loaded>
    </>
  );
}

function RequestsTable({ rows }: { rows: readonly LedgerRow[] }) {
  if (rows.length === 0) return <Empty title="No requests yet">They appear here by themselves.</Empty>;
  return (
    <Table
      label="Requests"
      head={
        <>
          <th scope="col">Time</th>
          <th scope="col">Key</th>
          <th scope="col">Model</th>
          <th scope="col">Status</th>
          <th scope="col" class="number">
            Took
          </th>
          <th scope="col" class="number col-wide">
            Prompt
          </th>
          <th scope="col" class="number col-wide">
            Answer
          </th>
          <th scope="col" class="number">
            Cost
          </th>
        </>
      }
    >
      {rows.map((row) => (
        <RequestRow key={row.id} row={row} />
      ))}
    </Table>
  );
}

function RequestRow({ row }: { row: LedgerRow }) {
  const name = row.keyAlias ?? (row.keyHash === null ? 'no key' : `${row.keyHash.slice(0, 12)}…`);
  return (
    <tr class="request">
      <td class="nowrap">
        {row.startedAtMs !== null && <time title={formatDateTime(row.startedAtMs)}>{formatClock(row.startedAtMs)}</time>}
      </td>
      <td class="nowrap">{row.keyHash === null ? name : <a href={hrefOf('keys', row.keyHash)}>{name}</a>}</td>
      <td class="nowrap">{row.model}</td>
      <td>
        <Status tone={row.isFailed ? 'bad' : 'good'}>{row.isFailed ? (row.errorCode ?? 'failed') : 'ok'}</Status>
      </td>
      <td class="number">{row.durationMs !== null && formatDuration(row.durationMs)}</td>
      <td class="number col-wide">{formatCount(row.promptTokens)}</td>
      <td class="number col-wide">{formatCount(row.completionTokens)}</td>
      <td class="number">{formatUsd(row.costUsd)}</td>
    </tr>
  );
}
