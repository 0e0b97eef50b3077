import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpendRow } from '../core/spend.ts';
import type { BatchWriter, SpendBatch, WriteOptions } from '../store/ledger-writer.ts';

/** A folder of its own under the system's temporary one. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'test-ledger-'));
}

/** A row that reached a backend; what matters to a test is given. */
export function spendRow(id: string, given: Partial<SpendRow> = {}): SpendRow {
  return {
    id,
    requestId: `request-${id}`,
    startedAtMs: Date.UTC(2026, 10, 21, 12),
    endedAtMs: Date.UTC(2026, 10, 21, 12, 0, 1),
    firstByteMs: 12.5,
    keyHash: 'ab'.repeat(32),
    keyAlias: 'alias',
    userId: 'user-1',
    teamId: 'team-1',
    customerId: null,
    tags: [],
    operation: 'chat',
    isStreaming: false,
    originalModel: 'gpt',
    model: 'gpt',
    responseModel: 'gpt-4o',
    backend: 'gpt/0',
    provider: 'openai',
    promptTokens: 12,
    completionTokens: 64,
    cachedTokens: 2,
    isEstimated: false,
    costNanoUsd: 140_000,
    httpStatus: 200,
    errorCode: null,
    ip: '127.0.0.1',
    charges: [{ scope: 'global', duration: null, periodEndMs: null }],
    ...given,
  };
}

/** How a database answers: it counts; it is away; it counts and the answer is lost. */
export type Weather = 'ok' | 'away' | 'lost-answer';

/** A database that counts batches by id as the real one does, and otherwise counts rows as often as they come. */
export class CountingWriter implements BatchWriter {
  weather: Weather = 'ok';
  readonly counts = new Map<string, number>();
  readonly batchSizes: number[] = [];
  /** Ids that it remembers. */
  readonly batchIds = new Set<string>();

  write({ id, rows }: SpendBatch, { settledIds }: WriteOptions): Promise<void> {
    if (this.weather === 'away') return Promise.reject(new Error('connect ECONNREFUSED'));
    for (const settled of settledIds) this.batchIds.delete(settled);
    if (!this.batchIds.has(id)) {
      this.batchIds.add(id);
      this.batchSizes.push(rows.length);
      for (const row of rows) this.counts.set(row.id, (this.counts.get(row.id) ?? 0) + 1);
    }
    return this.weather === 'ok' ? Promise.resolve() : Promise.reject(new Error('read ECONNRESET'));
  }
}

/** A log that remembers what it was told. */
export function recordingLog() {
  const lines: { level: string; message: string; fields: object }[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, message, fields });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}
