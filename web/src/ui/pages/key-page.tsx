import { useSignal } from '@preact/signals';
import type { Key } from '../api/keys.ts';
import { keyLabel } from '../api/keys.ts';
import { Card } from '../components/card.tsx';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { KeyActions } from '../components/key-actions.tsx';
import { KeyFacts } from '../components/key-facts.tsx';
import { Loaded } from '../components/loaded.tsx';
import { LimitMeter } from '../components/meter.tsx';
import { PageHead } from '../components/page-head.tsx';
import { SpanPicker } from '../components/span-picker.tsx';
import { KeyStatus } from '../components/status.tsx';
import { StackedSpend } from '../components/stacked-spend.tsx';
import { useResource } from '../components/use-resource.ts';
import { daysOf, spanOf } from '../state/days.ts';
import { hrefOf } from '../state/route.ts';

/** One key: what it may use, how much of it is used now, what it spent, and what can be done with it. */
export function KeyPage({ hash }: { hash: string }) {
  const { rights, now } = useDashboard();
  const isGone = useSignal(false);
  const key = useResource((api) => api.keys.read(hash), [hash]);
  const found = key.value.value;
  if (isGone.value) {
    return (
      <>
        <PageHead title="The key was deleted" trail={<a href={hrefOf('keys')}>Keys</a>} />
        <Empty title="Requests with it are refused from now on.">Its spend stays in the reports.</Empty>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={found ? keyLabel(found) : 'Key'}
        trail={<a href={hrefOf('keys')}>Keys</a>}
        actions={
          found &&
          rights.managesKeys && (
            <KeyActions item={found} onChanged={() => void key.reload()} onDeleted={() => (isGone.value = true)} />
          )
        }
      >
        {found && (
          <>
            {found.alias !== null && <code>{found.name}</code>}{' '}
            <KeyStatus isBlocked={found.isBlocked} expiresAtMs={found.expiresAtMs} nowMs={now()} />
          </>
        )}
      </PageHead>
      <Loaded resource={key}>{(item) => <KeyDetails item={item} />}</Loaded>
    </>
  );
}

function KeyDetails({ item }: { item: Key }) {
  const { router, now } = useDashboard();
  const span = spanOf(router.route.value.query, now());
  const rows = useResource(
    (api) => api.spend.byDayAndGroup('model', { start: span.start, end: span.end, keyHash: item.hash }),
    [item.hash, span.start, span.end],
  );
  return (
    <>
      <div class="columns">
        <LimitsCard item={item} />
        <Card title="Key">
          <KeyFacts item={item} />
        </Card>
      </div>
      <Card title="Spend by model" actions={<SpanPicker {...span} />}>
        <Loaded resource={rows}>
          {(found) => <StackedSpend rows={found} days={daysOf(span)} label="Spend of this key by model" />}
        </Loaded>
      </Card>
    </>
  );
}

function LimitsCard({ item }: { item: Key }) {
  const uses = useResource((api) => api.limitUse(item.hash), [item]);
  return (
    <Card
      title="Limits and their use now"
      actions={
        <button type="button" class="text-button" onClick={() => void uses.reload()}>
          Refresh
        </button>
      }
    >
      <Loaded resource={uses}>
        {(found) =>
          found.length === 0 ? (
            <Empty title="No limits">Only those of the models and of the gateway apply.</Empty>
          ) : (
            <ul class="limits">
              {found.map((use) => (
                <LimitMeter key={use.scope + use.kind} use={use} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
