// Installs what the tests of the infrastructure run on, into the user's cache folder, and prints where each lies:
//   node scripts/infrastructure-tools.ts [tofu tflint actionlint checkov moto shellcheck]
// What is there is left alone; two runs at once wait for each other.
import { ensureTool, toolNames, type ToolName } from './tools/tools.ts';

const isToolName = (name: string): name is ToolName => toolNames.some((known) => known === name);

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isToolName(name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are ${toolNames.join(', ')}`);
  process.exit(2);
}
for (const name of asked.length === 0 ? toolNames : asked.filter(isToolName)) {
  try {
    const path = await ensureTool(name, (line) => console.error(`${name}: ${line}`));
    console.log(`${name} ${path}`);
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
