import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBlocks, type HclBlock } from './hcl-reader.ts';

const opening = '<!-- interface: generated -->';
const end = '<!-- /interface -->';

/** Text of a string literal; an expression stays as it is. */
const literal = (expression: string): string =>
  /^"([^"\\]|\\.)*"$/.test(expression) ? expression.slice(1, -1).replaceAll('\\"', '"') : expression;

/** An expression on one line: members of objects and lists are separated by commas there. */
const oneLine = (expression: string): string =>
  expression
    .replaceAll(/([^\s({[,])[ \t]*\n\s*(?=[^\s)}\]])/g, '$1, ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/,\s*([)\]}])/g, ' $1')
    .trim();

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const code = (expression: string): string => (expression === '' ? '' : `\`${cell(oneLine(expression))}\``);

const get = (block: HclBlock, name: string): string => block.arguments.get(name) ?? '';

function inputRow(block: HclBlock): string {
  const byDefault = block.arguments.has('default') ? code(get(block, 'default')) : 'required';
  const ephemeral = get(block, 'ephemeral') === 'true' ? ' Ephemeral: never in state or plan.' : '';
  return `| \`${block.label}\` | ${code(get(block, 'type'))} | ${byDefault} | ${cell(literal(get(block, 'description')))}${ephemeral} |`;
}

/** The tables between the markers. */
export function interfaceTables(inputs: readonly HclBlock[], outputs: readonly HclBlock[]): string {
  const parts: string[] = [];
  if (inputs.length > 0) parts.push('| input | type | default | what it is |\n|---|---|---|---|', ...inputs.map(inputRow));
  if (inputs.length > 0 && outputs.length > 0) parts.push('');
  if (outputs.length > 0)
    parts.push(
      '| output | what it is |\n|---|---|',
      ...outputs.map((block) => `| \`${block.label}\` | ${cell(literal(get(block, 'description')))} |`),
    );
  return parts.join('\n');
}

async function blocksOf(directory: string, kind: 'variable' | 'output'): Promise<HclBlock[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.tf')).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  return texts.flatMap((text) => readBlocks(text, kind));
}

/** The README of a folder as it is and as it should be; undefined if the folder has nothing to tell or no README with the markers. */
async function readmeOf(directory: string): Promise<{ path: string; is: string; shouldBe: string } | undefined> {
  const inputs = await blocksOf(directory, 'variable');
  const outputs = await blocksOf(directory, 'output');
  if (inputs.length + outputs.length === 0) return undefined;
  const path = join(directory, 'README.md');
  const is = await readFile(path, 'utf8').catch(() => '');
  const [start, stop] = [is.indexOf(opening), is.indexOf(end)];
  if (start < 0 || stop < start)
    throw new Error(`${path} needs the lines ${opening} and ${end}, between which its tables are written`);
  const head = is.slice(0, start + opening.length);
  return { path, is, shouldBe: `${head}\n\n${interfaceTables(inputs, outputs)}\n\n${is.slice(stop)}` };
}

/** Writes the tables of inputs and outputs into the READMEs of folders, tells of each that changed, and then throws for those without markers. */
export async function writeReadmes(
  infrastructure: string,
  folders: readonly string[],
  tell: (path: string) => void,
): Promise<void> {
  const faults: string[] = [];
  for (const folder of folders) {
    const readme = await readmeOf(join(infrastructure, folder)).catch((error: Error) => void faults.push(error.message));
    if (readme === undefined || readme.is === readme.shouldBe) continue;
    await writeFile(readme.path, readme.shouldBe);
    tell(readme.path);
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

/** Throws with the READMEs whose tables are not what the HCL says. */
export async function checkReadmes(infrastructure: string, folders: readonly string[]): Promise<void> {
  const faults: string[] = [];
  for (const folder of folders) {
    const readme = await readmeOf(join(infrastructure, folder)).catch((error: Error) => void faults.push(error.message));
    if (readme !== undefined && readme.is !== readme.shouldBe) faults.push(`${readme.path} is not what its HCL says`);
  }
  if (faults.length > 0) throw new Error(`${faults.join('\n')}\nrenew them: node scripts/infrastructure-readme.ts`);
}
