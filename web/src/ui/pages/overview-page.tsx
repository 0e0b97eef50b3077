import type { ComponentChildren } from 'preact';
import { stateOf } from '../api/models.ts';
import { type SpendRow, sumUp } from '../api/spend.ts';
import { Card } from '../components/card.tsx';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { PageHead } from '../components/page-head.tsx';
import { StackedSpend } from '../components/stacked-spend.tsx';
import { Status } from '../components/status.tsx';
import { usePolling } from '../components/use-polling.ts';
import { useResource } from '../components/use-resource.ts';
import { dayOf, daysOf, shiftDay } from '../state/days.ts';
import { formatCompact, formatCount, formatShare, formatUsd } from '../state/format.ts';
import { hrefOf } from '../state/route.ts';

const pollMs = 30_000;
const shownTop = 6;

/** How things stand: what was spent, by what and whom, and whether the backends are well. */
export function OverviewPage() {
  const { now, rights } = useDashboard();
  const today = dayOf(now());
  const month = { start: `${today.slice(0, 8)}01`, end: today };
  const lately = { start: shiftDay(today, -29), end: today };
  const days = useResource((api) => api.spend.byDay(month), [today]);
  const models = useResource((api) => api.spend.byGroup('model', month, shownTop), [today]);
  const keys = useResource((api) => api.spend.byGroup('key', month, shownTop), [today]);
  const plotted = useResource((api) => api.spend.byDayAndGroup('model', lately), [today]);
  usePolling(days.reload, pollMs);
  return (
    <>
      <PageHead title="Overview">{rights.seesAll ? 'Everybody’s requests.' : 'Your own requests.'} Days are UTC.</PageHead>
      <Loaded resource={days}>{({ rows }) => <Tiles rows={rows} today={today} />}</Loaded>
      <Card title="Spend by model, 30 days" actions={<a href={hrefOf('spend')}>All spend</a>}>
        <Loaded resource={plotted}>{(rows) => <StackedSpend rows={rows} days={daysOf(lately)} label="Spend by model" />}</Loaded>
      </Card>
      <div class="columns">
        <Card title="Top models this month">
          <Loaded resource={models}>{({ rows }) => <Top rows={rows} />}</Loaded>
        </Card>
        <Card title={rights.seesAll ? 'Top keys this month' : 'Your keys this month'}>
          <Loaded resource={keys}>{({ rows }) => <Top rows={rows} linkOf={(row) => hrefOf('keys', row.id)} />}</Loaded>
        </Card>
        {rights.seesAll && <HealthCard />}
      </div>
    </>
  );
}

function Tiles({ rows, today }: { rows: readonly SpendRow[]; today: string }) {
  const [day, month] = [sumUp(rows.filter((row) => row.day === today)), sumUp(rows)];
  const tokens = ({ promptTokens, completionTokens }: typeof day): number => promptTokens + completionTokens;
  return (
    <dl class="tiles">
      <Tile name="Spent today" value={formatUsd(day.costUsd)}>
        {formatUsd(month.costUsd)} this month
      </Tile>
      <Tile name="Requests today" value={formatCount(day.requests)}>
        {formatCompact(month.requests)} this month
      </Tile>
      <Tile name="Tokens today" value={formatCompact(tokens(day))}>
        {formatCompact(tokens(month))} this month
      </Tile>
      <Tile name="Failed today" value={formatShare(day.failedRequests, day.requests)}>
        {formatShare(month.failedRequests, month.requests)} this month
      </Tile>
    </dl>
  );
}

function Tile({ name, value, children }: { name: string; value: string; children: ComponentChildren }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd class="tile-value">{value}</dd>
      <dd class="hint">{children}</dd>
    </div>
  );
}

function Top({ rows, linkOf }: { rows: readonly SpendRow[]; linkOf?: (row: SpendRow) => string }) {
  const most = rows[0]?.costUsd ?? 0;
  if (rows.length === 0) return <Empty title="No requests this month" />;
  return (
    <ol class="top">
      {rows.map((row) => (
        <li key={row.id}>
          <span class="top-name">
            {linkOf && row.id !== '' ? <a href={linkOf(row)}>{row.label}</a> : row.label === '' ? 'none' : row.label}
          </span>
          <span class="top-value">{formatUsd(row.costUsd)}</span>
          <span class="top-bar" aria-hidden="true">
            <span style={{ width: `${most === 0 ? 0 : (row.costUsd / most) * 100}%` }} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function healthText({ failing, well, all }: { failing: number; well: number; all: number }): string {
  if (failing > 0) return `${failing} of ${all} do not answer`;
  return well > 0 ? `${well} of ${all} answer` : `${all} not checked yet`;
}

function HealthCard() {
  const both = useResource(async (api) => {
    const [backends, health] = await Promise.all([api.models.list(), api.models.health()]);
    return backends.map((backend) => ({ backend, state: stateOf(backend, health) }));
  }, []);
  usePolling(both.reload, pollMs);
  return (
    <Card title="Backends" actions={<a href={hrefOf('models')}>All models</a>}>
      <Loaded resource={both}>
        {(found) => {
          const failing = found.filter(({ state }) => state === 'unhealthy');
          const well = found.filter(({ state }) => state === 'healthy').length;
          if (found.length === 0) return <Empty title="No models" />;
          return (
            <>
              <p class="health-sum">
                <Status tone={failing.length > 0 ? 'bad' : well > 0 ? 'good' : 'quiet'}>
                  {healthText({ failing: failing.length, well, all: found.length })}
                </Status>
              </p>
              <ul class="failing">
                {failing.slice(0, shownTop).map(({ backend }) => (
                  <li key={backend.id}>
                    {backend.model} <span class="sub">{backend.baseUrl ?? backend.upstream}</span>
                  </li>
                ))}
              </ul>
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
