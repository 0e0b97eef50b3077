import { CopyButton } from '../../components/copy-button.tsx';
import type { Key } from '../api/keys.ts';
import { formatDateTime, formatPeriod, formatUsd } from '../state/format.ts';
import { hrefOf } from '../state/route.ts';
import { useDashboard } from './context.ts';

/** What is known about a key, besides how its limits are used. */
export function KeyFacts({ item }: { item: Key }) {
  const { rights } = useDashboard();
  const metadata = Object.keys(item.metadata).length > 0 ? JSON.stringify(item.metadata) : '';
  const team = item.teamAlias ?? item.teamId;
  return (
    <dl class="facts-list">
      <dt>Models</dt>
      <dd>{item.models.length === 0 ? 'every model' : item.models.join(', ')}</dd>
      <dt>Spent</dt>
      <dd>
        {formatUsd(item.spentUsd)}
        {item.maxBudgetUsd !== null && ` of ${formatUsd(item.maxBudgetUsd)} ${formatPeriod(item.budgetDuration)}`}
        {item.softBudgetUsd !== null && `, soft budget ${formatUsd(item.softBudgetUsd)}`}
      </dd>
      {team !== null && (
        <>
          <dt>Team</dt>
          <dd>{rights.seesAll && item.teamId !== null ? <a href={hrefOf('teams', item.teamId)}>{team}</a> : team}</dd>
        </>
      )}
      {item.userId !== null && (
        <>
          <dt>User</dt>
          <dd>{item.userId}</dd>
        </>
      )}
      <dt>Expires</dt>
      <dd>{item.expiresAtMs === null ? 'never' : formatDateTime(item.expiresAtMs)}</dd>
      {item.createdAtMs !== null && (
        <>
          <dt>Created</dt>
          <dd>{formatDateTime(item.createdAtMs)}</dd>
        </>
      )}
      {item.lastUsedAtMs !== null && (
        <>
          <dt>Last used</dt>
          <dd>{formatDateTime(item.lastUsedAtMs)}</dd>
        </>
      )}
      {metadata !== '' && (
        <>
          <dt>Metadata</dt>
          <dd>
            <code>{metadata}</code>
          </dd>
        </>
      )}
      <dt>Hash</dt>
      <dd>
        <code class="cut">{item.hash.slice(0, 16)}…</code> <CopyButton label="Copy hash" text={() => item.hash} />
      </dd>
    </dl>
  );
}
