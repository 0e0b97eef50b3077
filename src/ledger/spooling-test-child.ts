import { BatchedLedger } from './batched-ledger.ts';
import { Spool } from './spool.ts';
import { recordingLog, spendRow } from './testing.ts';

/** A gateway without a database, until it is killed: tells its parent the number of the last row that is surely on the disk. */
const [directory = ''] = process.argv.slice(2);
const log = recordingLog();
const spool = new Spool({ directory, now: Date.now, instance: 'child', log });
const writer = { write: () => Promise.reject(new Error('connect ECONNREFUSED')) };
const ledger = new BatchedLedger({ writer, spool, flushIntervalMs: 1e9, now: Date.now, instance: 'child', log });
await ledger.start();
for (let number = 1; ; number += 1) {
  ledger.append(spendRow(String(number)));
  if (number % 50 !== 0) continue;
  await ledger.flush();
  process.send?.(number);
}
