import type { SpendGroup, SpendReport, SpendRow, SpendSums } from '../api/spend.ts';
import { Card } from '../components/card.tsx';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { FailureBox } from '../components/failure-box.tsx';
import { Loaded } from '../components/loaded.tsx';
import { PageHead } from '../components/page-head.tsx';
import { SpanPicker } from '../components/span-picker.tsx';
import { StackedSpend } from '../components/stacked-spend.tsx';
import { Table } from '../components/table.tsx';
import { useAction } from '../components/use-action.ts';
import { useResource } from '../components/use-resource.ts';
import { daysOf, spanOf } from '../state/days.ts';
import { saveFile } from '../state/save-file.ts';
import { formatCount, formatShare, formatUsd } from '../state/format.ts';
import { hrefOf } from '../state/route.ts';

const groups: readonly { id: SpendGroup; label: string; isForAll: boolean }[] = [
  { id: 'model', label: 'By model', isForAll: true },
  { id: 'key', label: 'By key', isForAll: true },
  { id: 'team', label: 'By team', isForAll: false },
  { id: 'user', label: 'By user', isForAll: false },
];

const shownRows = 100;

/** What was spent: a plot over the days, and the sums by holder. */
export function SpendPage() {
  const { api, now, rights, router } = useDashboard();
  const { query } = router.route.value;
  const { start, end, preset } = spanOf(query, now());
  const offered = groups.filter(({ isForAll }) => isForAll || rights.seesAll);
  const group = offered.find(({ id }) => id === query.get('by'))?.id ?? 'model';
  const download = useAction();
  const byDay = useResource(
    async (api) => ({ group, rows: await api.spend.byDayAndGroup(group, { start, end }) }),
    [group, start, end],
  );
  const sums = useResource(
    async (api) => ({ group, report: await api.spend.byGroup(group, { start, end }, shownRows) }),
    [group, start, end],
  );

  async function saveCsv(): Promise<void> {
    saveFile(`sluice-spend-by-${group}-${start}-${end}.csv`, await api.spend.csv(group, { start, end }), 'text/csv');
  }

  return (
    <>
      <PageHead
        title="Spend"
        actions={
          <button type="button" class="button" disabled={download.isRunning.value} onClick={() => void download.run(saveCsv)}>
            Download CSV
          </button>
        }
      />
      {download.failure.value && <FailureBox failure={download.failure.value} />}
      <div class="toolbar">
        <SpanPicker start={start} end={end} preset={preset} />
        <div class="segments" role="group" aria-label="Sum up">
          {offered.map(({ id, label }) => (
            <button
              key={id}
              type="button"
              class="segment"
              aria-pressed={id === group}
              onClick={() => router.remember({ by: id === 'model' ? '' : id })}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
      <Card title={`Spend by ${group} and day`}>
        <Loaded resource={byDay}>
          {(found) => <StackedSpend rows={found.rows} days={daysOf({ start, end })} label={`Spend by ${found.group}`} />}
        </Loaded>
      </Card>
      <Card title="Sums">
        <Loaded resource={sums}>{(found) => <SumsTable report={found.report} group={found.group} />}</Loaded>
      </Card>
    </>
  );
}

function SumsTable({ report: { rows, total, isTruncated }, group }: { report: SpendReport; group: SpendGroup }) {
  if (rows.length === 0) return <Empty title="No requests in these days" />;
  return (
    <Table
      label={`Sums by ${group}`}
      head={
        <>
          <th scope="col">{group[0]?.toUpperCase() + group.slice(1)}</th>
          <th scope="col" class="number">
            Requests
          </th>
          <th scope="col" class="number">
            Failed
          </th>
          <th scope="col" class="number col-wide">
            Prompt tokens
          </th>
          <th scope="col" class="number col-wide">
            Answer tokens
          </th>
          <th scope="col" class="number">
            Spent
          </th>
        </>
      }
    >
      {rows.map((row) => (
        <tr key={row.id}>
          <th scope="row">
            <HolderLink row={row} group={group} />
          </th>
          <SumCells sums={row} />
        </tr>
      ))}
      <tr class="total">
        <th scope="row">All{isTruncated && ', also those that are not shown; the CSV has them'}</th>
        <SumCells sums={total} />
      </tr>
    </Table>
  );
}

function SumCells({ sums }: { sums: SpendSums }) {
  return (
    <>
      <td class="number">{formatCount(sums.requests)}</td>
      <td class="number">{formatShare(sums.failedRequests, sums.requests)}</td>
      <td class="number col-wide">{formatCount(sums.promptTokens)}</td>
      <td class="number col-wide">{formatCount(sums.completionTokens)}</td>
      <td class="number">{formatUsd(sums.costUsd)}</td>
    </>
  );
}

function HolderLink({ row: { id, label }, group }: { row: SpendRow; group: SpendGroup }) {
  if (id === '') return <span class="quiet">none</span>;
  if (group === 'key') return <a href={hrefOf('keys', id)}>{label}</a>;
  if (group === 'team') return <a href={hrefOf('teams', id)}>{label}</a>;
  return <>{label}</>;
}
