/** The benchmark: `npm run bench -- --help`. Method, goals and how to read it: docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCircumstances, describePeers } from './circumstances.ts';
import { measurePeer, plans } from './measure.ts';
import type { Bench } from './measure.ts';
import { readOptions } from './options.ts';
import type { Options } from './options.ts';
import { startPostgres, startRedis } from '../test/support/services.ts';
import type { Peer, Services } from './peers.ts';
import { renderReport } from './report.ts';
import type { PeerRecord, Sample } from './sample.ts';
import { Site } from './site.ts';
import { soakPeer } from './soak.ts';
import type { Soak } from './soak.ts';
import { renderNumber, replaceBetween } from './table.ts';

const markers = ['<!-- bench:start -->', '<!-- bench:end -->'] as const;
const docFile = join(import.meta.dirname, '../docs/performance.md');

async function main(options: Options): Promise<void> {
  if (process.platform !== 'linux') throw new Error('the bench reads CPU and memory from /proc, so it needs Linux');
  const site = new Site();
  const circumstances = describeCircumstances(options, site.isPinned);
  const mock = await site.startHelper({ command: process.execPath, args: [join(import.meta.dirname, 'mock-engine.ts')] });
  const nodeFlags = options.profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profileFolder}`];
  const services = options.peers.some((peer) => peer.needsServices === true) ? await startServices() : undefined;
  const bench: Bench = { site, mock, nodeFlags, services };

  const results = options.peers.map((peer): PeerRecord => ({ peer: peer.name, version: peer.version(), samples: [] }));
  for (let round = 1; round <= options.rounds; round += 1) await runRound(bench, options, results, round);
  const soaks: Soak[] = [];
  if (options.soakS > 0) for (const peer of options.soaked) soaks.push(await soakPeer(bench, peer, options.soakS));

  const report = renderReport(results, soaks, [...circumstances, ...describePeers(results)]);
  process.stdout.write(`${report}\n`);
  if (options.jsonFile !== undefined)
    writeFileSync(options.jsonFile, JSON.stringify({ circumstances, results, soaks }, undefined, 2));
  if (options.writesDoc) writeFileSync(docFile, replaceBetween(readFileSync(docFile, 'utf8'), markers, report));
}

/** Redis and PostgreSQL, which end with this process. */
async function startServices(): Promise<Services> {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  return { redisUrl: redis.url, databaseUrl: postgres.url };
}

/** Every peer once; odd rounds in the order of the tables, even ones backwards, so that no peer always follows the same one. */
async function runRound(bench: Bench, options: Options, results: PeerRecord[], round: number): Promise<void> {
  const order = options.peers.map((peer, index) => ({ peer, record: results[index] }));
  for (const { peer, record } of round % 2 === 1 ? order : order.toReversed()) {
    if (record?.version === undefined) continue;
    record.samples.push(await tryPeer(bench, options, peer, record));
    const rate = record.samples.at(-1)?.requestsPerSecond;
    process.stderr.write(
      `round ${round}/${options.rounds} ${peer.name}: ${rate === undefined ? 'failed' : `${renderNumber(rate)} requests/s`}\n`,
    );
  }
}

/** A peer that fails leaves an empty sample and says why, and the others go on. */
async function tryPeer(bench: Bench, options: Options, peer: Peer, record: PeerRecord): Promise<Sample> {
  try {
    return await measurePeer(bench, peer, options.isQuick ? plans.quick : plans.full);
  } catch (error) {
    record.failure = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
    return {};
  }
}

await main(readOptions(process.argv.slice(2)));
process.exit(0);
