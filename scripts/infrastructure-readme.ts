// Writes the tables of inputs and outputs into the READMEs of infrastructure/, between the markers; with --check it only looks.
//   node scripts/infrastructure-readme.ts [--check] [modules/api …]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hclFolders } from './tools/hcl-folders.ts';
import { checkReadmes, writeReadmes } from './tools/module-readme.ts';

const infrastructure = fileURLToPath(new URL('../infrastructure', import.meta.url));
const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
const all = await hclFolders(infrastructure);
const folders = positionals.length === 0 ? all : all.filter((folder) => positionals.includes(folder));
try {
  if (values.check === true) await checkReadmes(infrastructure, folders);
  else await writeReadmes(infrastructure, folders, console.log);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
