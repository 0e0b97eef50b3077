import { expect, test } from 'vitest';
import { Metrics, type MetricsSource } from './metrics.ts';
import { newRecord, type InferenceRecord } from './record.ts';

const quiet: MetricsSource = {
  inFlight: () => 0,
  waiting: () => 0,
  backends: () => [],
  isDatabaseUp: () => null,
  areLimitsDegraded: () => false,
  ledger: () => null,
};

function observe(metrics: Metrics, changes: Partial<InferenceRecord>): void {
  metrics.observe({
    requestId: 'r',
    method: 'POST',
    path: '/v1/chat/completions',
    route: '/v1/chat/completions',
    status: 200,
    durationMs: 1,
    errorCode: null,
    inference: { ...newRecord('chat'), ...changes },
  });
}

/** The samples of a metric. */
async function samples(metrics: Metrics, name: string): Promise<string[]> {
  const { text } = await metrics.render();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

test('money adds up by the model that answered, over scrapes', async () => {
  const metrics = new Metrics(quiet);
  observe(metrics, { costNanoUsd: 250_000_000, requestModel: 'a', responseModel: 'b' });
  observe(metrics, { costNanoUsd: 0, responseModel: 'c' });
  expect(await samples(metrics, 'sluice_spend_usd_total')).toEqual(['sluice_spend_usd_total{model="b"} 0.25']);
  observe(metrics, { costNanoUsd: 500_000_000, responseModel: 'b' });
  observe(metrics, { costNanoUsd: null, responseModel: 'b' });
  expect(await samples(metrics, 'sluice_spend_usd_total')).toEqual(['sluice_spend_usd_total{model="b"} 0.75']);
});

test('refused requests are counted by the kind of limit, which all begin at 0', async () => {
  const metrics = new Metrics(quiet);
  observe(metrics, { refusedBy: 'budget' });
  observe(metrics, { refusedBy: 'budget' });
  observe(metrics, { refusedBy: 'tokens' });
  observe(metrics, {});
  expect(await samples(metrics, 'sluice_rejected_requests_total')).toEqual([
    'sluice_rejected_requests_total{reason="requests"} 0',
    'sluice_rejected_requests_total{reason="tokens"} 1',
    'sluice_rejected_requests_total{reason="parallel"} 0',
    'sluice_rejected_requests_total{reason="budget"} 2',
  ]);
});

test('the database is told of only where one is used', async () => {
  expect(await samples(new Metrics(quiet), 'sluice_database_up')).toEqual([]);
  for (const isUp of [true, false]) {
    const metrics = new Metrics({ ...quiet, isDatabaseUp: () => isUp });
    expect(await samples(metrics, 'sluice_database_up')).toEqual([`sluice_database_up ${isUp ? 1 : 0}`]);
  }
});

test('the ledger’s rows and the state of limits are read when a scrape comes', async () => {
  const ledger = { pendingRows: 3, droppedRows: 2 };
  const metrics = new Metrics({ ...quiet, ledger: () => ledger, areLimitsDegraded: () => true });
  expect(await samples(metrics, 'sluice_ledger_pending_rows')).toEqual(['sluice_ledger_pending_rows 3']);
  expect(await samples(metrics, 'sluice_ledger_dropped_rows_total')).toEqual(['sluice_ledger_dropped_rows_total 2']);
  ledger.droppedRows = 5;
  expect(await samples(metrics, 'sluice_ledger_dropped_rows_total')).toEqual(['sluice_ledger_dropped_rows_total 5']);
  expect(await samples(metrics, 'sluice_limits_degraded')).toEqual(['sluice_limits_degraded 1']);
});
