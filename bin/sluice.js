#!/usr/bin/env node
// The entry of the package, in plain JavaScript so that any Node can read it. Node 22.19 or newer goes straight on; an older one hands
// over to the Node 24 binary that npm installed beside us, and where there is none says so in one line.
import module, { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const minimum = [22, 19];

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
}

function bundledNode() {
  const require = createRequire(import.meta.url);
  try {
    return require.resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}

if (isNewEnough(process.versions.node)) {
  // A stale or unwritable cache only costs start time, so its failure is not reported.
  module.enableCompileCache?.();
  // A clone runs the sources (types are stripped); the published package carries only dist, since Node strips no types in node_modules.
  const source = new URL('../src/main.ts', import.meta.url);
  const { main } = await import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href);
  await main(process.argv);
} else {
  const node = bundledNode();
  if (node === undefined) {
    process.stderr.write(
      `sluice needs Node ${minimum.join('.')} or newer; this is ${process.versions.node}, and no bundled Node is installed ` +
        `for ${process.platform}-${process.arch}. Install a newer Node, or run "npm install" without --omit=optional.\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
