import { cpus, loadavg, totalmem } from 'node:os';
import type { Results } from './comparison.ts';
import type { Options } from './options.ts';
import { loadGenerator } from './throughput.ts';

/** Says when, where and how a run was made, and what every peer was. Taken at the start, so that the load average is that of others. */
export function describeCircumstances(options: Options, isPinned: boolean): string[] {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 1e9);
  const pinning = isPinned ? 'peer on CPU 0, mock and load on CPU 1' : 'NOT pinned (taskset is missing or there is one CPU)';
  return [
    `${new Date().toISOString().slice(0, 10)}, \`${commandOf(options)}\``,
    `${cpus().length} × ${cpu?.model ?? 'unknown CPU'}, ${memory} GB; Node ${process.version}; load average before the start ${loadavg()[0]?.toFixed(2)}`,
    `${pinning}; plain load by ${loadGenerator}, everything else by the bench's own client`,
  ];
}

/** The command that repeats the run; files to write are left out. */
function commandOf({ rounds, peers, isQuick, soakS }: Options): string {
  const names = peers.map((peer) => peer.name).join(',');
  return `npm run bench -- ${isQuick ? '--quick ' : ''}--rounds ${rounds} --peers ${names}${soakS > 0 ? ` --soak ${soakS}` : ''}`;
}

/** The line that names every peer's version, and what failed. */
export function describePeers(results: Results): string[] {
  const versions = results.map(({ peer, version }) => `${peer} (${version ?? 'not installed'})`).join(', ');
  const failures = results.flatMap(({ peer, failure }) => (failure === undefined ? [] : `${peer} failed: ${failure}`));
  return [`Peers: ${versions}`, ...failures];
}
