import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts process time in ticks of 10 ms, whatever the kernel's own timer. */
const tickMs = 10;

type Stat = { pid: number; parent: number; cpuTicks: number };

/** User + system time, in ms, that a process and its living descendants have spent so far. */
export function cpuMs(root: number): number {
  return treeOf(root).reduce((sum, stat) => sum + stat.cpuTicks, 0) * tickMs;
}

/** Memory of a process and its descendants in MB (10^6 bytes): the sum of PSS, which counts a shared page once. */
export function memoryMb(root: number): number {
  return treeOf(root).reduce((sum, stat) => sum + pssMb(stat.pid), 0);
}

function treeOf(root: number): Stat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);
  const tree = all.filter((stat) => stat.pid === root);
  for (const member of tree) tree.push(...all.filter((stat) => stat.parent === member.pid));
  return tree;
}

/** The fields of proc(5) /proc/PID/stat behind the name, which may itself hold spaces and brackets; undefined when the process has gone. */
function readStat(pid: number): Stat | undefined {
  const text = readOf(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? undefined : { pid, parent: Number(fields[1]), cpuTicks: Number(fields[11]) + Number(fields[12]) };
}

function pssMb(pid: number): number {
  const kibibytes = /^Pss: +(\d+) kB$/m.exec(readOf(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return (Number(kibibytes ?? 0) * 1024) / 1e6;
}

function readOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
