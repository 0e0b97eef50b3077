import { type Key, keyLabel } from '../api/keys.ts';
import { formatCompact, formatDate, formatPeriod, formatUsd } from '../state/format.ts';
import { hrefOf } from '../state/route.ts';
import { useDashboard } from './context.ts';
import { Bar } from './meter.tsx';
import { KeyStatus } from './status.tsx';
import { SortHead, Table } from './table.tsx';

interface KeysTableProps {
  keys: readonly Key[];
  /** Missing where the list is in one order only. */
  order?: string;
  onSort?: (order: string) => void;
}

/** Keys, one a row. */
export function KeysTable({ keys, order = '', onSort }: KeysTableProps) {
  const { now } = useDashboard();
  const head = (by: string, label: string, className = '') =>
    onSort ? (
      <SortHead by={by} label={label} current={order} onSort={onSort} class={className} />
    ) : (
      <th scope="col" class={className}>
        {label}
      </th>
    );
  return (
    <Table
      label="Keys"
      head={
        <>
          {head('key_alias', 'Key')}
          <th scope="col" class="col-wide">
            Team
          </th>
          <th scope="col" class="col-wide">
            User
          </th>
          {head('spend', 'Spent', 'number')}
          {head('max_budget', 'Budget', 'col-budget')}
          <th scope="col" class="col-wide">
            Limits
          </th>
          {head('created_at', 'Created', 'col-wide')}
          <th scope="col">State</th>
        </>
      }
    >
      {keys.map((key) => (
        <KeyRow key={key.hash} item={key} nowMs={now()} />
      ))}
    </Table>
  );
}

function KeyRow({ item, nowMs }: { item: Key; nowMs: number }) {
  const { spentUsd, maxBudgetUsd } = item;
  return (
    <tr>
      <th scope="row">
        <a href={hrefOf('keys', item.hash)}>{keyLabel(item)}</a>
        {item.alias !== null && <span class="sub">{item.name}</span>}
      </th>
      <td class="col-wide">
        <TeamName item={item} />
      </td>
      <td class="col-wide cut" title={item.userId ?? undefined}>
        {item.userId}
      </td>
      <td class="number">{formatUsd(spentUsd)}</td>
      <td class="col-budget">
        {maxBudgetUsd === null ? (
          <span class="quiet">no limit</span>
        ) : (
          <>
            <span>
              {formatUsd(maxBudgetUsd)} <span class="quiet">{formatPeriod(item.budgetDuration)}</span>
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
      <td class="col-wide">{limitsText(item)}</td>
      <td class="col-wide nowrap">{item.createdAtMs !== null && formatDate(item.createdAtMs)}</td>
      <td>
        <KeyStatus isBlocked={item.isBlocked} expiresAtMs={item.expiresAtMs} nowMs={nowMs} />
      </td>
    </tr>
  );
}

/** Teams have pages for those who see everything. */
function TeamName({ item: { teamId, teamAlias } }: { item: Key }) {
  const { rights } = useDashboard();
  if (teamId === null) return null;
  const name = teamAlias ?? teamId;
  return rights.seesAll ? <a href={hrefOf('teams', teamId)}>{name}</a> : <>{name}</>;
}

function limitsText({ requestsPerMinute, tokensPerMinute, maxParallel }: Key): string {
  return [
    requestsPerMinute !== null && `${formatCompact(requestsPerMinute)} rpm`,
    tokensPerMinute !== null && `${formatCompact(tokensPerMinute)} tpm`,
    maxParallel !== null && `${formatCompact(maxParallel)} at a time`,
  ]
    .filter(Boolean)
    .join(' · ');
}
