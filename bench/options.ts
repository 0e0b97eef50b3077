import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { peers } from './peers.ts';
import type { Peer } from './peers.ts';

/** What the command line asks for. */
export type Options = {
  rounds: number;
  peers: readonly Peer[];
  isQuick: boolean;
  soakS: number;
  soaked: readonly Peer[];
  jsonFile: string | undefined;
  profileFolder: string | undefined;
  writesDoc: boolean;
};

const usage = `npm run bench -- [options]
  --rounds N      rounds of every peer (3; 1 with --quick; 0 for a soak alone)
  --peers a,b     of ${peers.map((peer) => peer.name).join(', ')} (all)
  --quick         short measures, to see that all works; the figures mean little
  --soak SECONDS  afterwards, memory under lasting load: of the peers named by --peers, or of sluice
  --json FILE     also write every round's numbers there
  --cpu-prof DIR  run sluice and the skeleton under Node's CPU profiler; read with: node bench/top.ts DIR/*.cpuprofile
  --no-doc        do not write docs/performance.md (nor do --quick, --cpu-prof and --rounds 0)
`;

/** Reads the command line; prints the usage and ends the process when it is wrong. */
export function readOptions(args: readonly string[]): Options {
  try {
    return parse(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

function parse(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      rounds: { type: 'string' },
      peers: { type: 'string' },
      quick: { type: 'boolean', default: false },
      soak: { type: 'string', default: '0' },
      json: { type: 'string' },
      'cpu-prof': { type: 'string' },
      doc: { type: 'boolean', default: true },
    },
  });
  const rounds = countOf('--rounds', values.rounds ?? (values.quick ? '1' : '3'));
  const chosen = values.peers?.split(',').map(findPeer);
  const profileFolder = values['cpu-prof'];
  return {
    rounds,
    peers: chosen ?? peers,
    isQuick: values.quick,
    soakS: countOf('--soak', values.soak),
    soaked: chosen ?? [findPeer('sluice')],
    jsonFile: values.json,
    profileFolder: profileFolder === undefined ? undefined : resolve(profileFolder),
    writesDoc: values.doc && !values.quick && profileFolder === undefined && rounds > 0,
  };
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0) throw new Error(`${name} needs a whole number, not ${text}`);
  return count;
}

function findPeer(name: string): Peer {
  const peer = peers.find((candidate) => candidate.name === name);
  if (peer === undefined) throw new Error(`no peer is called ${name}`);
  return peer;
}
