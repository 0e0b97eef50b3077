/** Prints the functions that took most time themselves in CPU profiles: `node bench/top.ts FILE.cpuprofile…` */
import { readFileSync } from 'node:fs';

type Frame = { functionName: string; url: string; lineNumber: number };
type Profile = { nodes: { id: number; callFrame: Frame }[]; samples: number[]; timeDeltas: number[] };

const shown = 30;

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const place = url === '' ? '' : ` ${url.replace(/^.*\/(?=(node_modules|src|bench)\/)/, '')}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${place}`;
}

function printTop(file: string): void {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile;
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const selfUs = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const name = names.get(id) ?? '?';
    selfUs.set(name, (selfUs.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  selfUs.delete('(idle)');
  const total = [...selfUs.values()].reduce((sum, us) => sum + us, 0);
  const lines = [...selfUs]
    .sort(([, a], [, b]) => b - a)
    .slice(0, shown)
    .map(([name, us]) => `${((us / total) * 100).toFixed(1).padStart(6)} %  ${(us / 1000).toFixed(0).padStart(7)} ms  ${name}\n`);
  process.stdout.write(`${file}: ${(total / 1e6).toFixed(1)} s busy\n${lines.join('')}`);
}

for (const file of process.argv.slice(2)) printTop(file);
