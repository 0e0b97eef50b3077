import type { Environment, Topology } from '../target.ts';
import type { Tfvars, TfvarsValue } from '../tfvars.ts';
import { isUnset, type Field } from './field.ts';

/** The answers as a `.tfvars` file, as `tofu fmt` would write it. Values that no field has are kept behind the others. */
export function renderTfvars(
  fields: readonly Field[],
  answers: Tfvars,
  { topology, environment }: { topology: Topology; environment: Environment },
): string {
  const known = fields.filter(({ name }) => !isUnset(answers[name]));
  const names = new Set(['environment', ...fields.map(({ name }) => name)]);
  const others = Object.entries(answers).filter(([name]) => !names.has(name));
  const lines = [
    { name: 'environment', value: environment as TfvarsValue, comment: '' },
    ...known.map(({ name, comment }) => ({ name, value: answers[name] ?? null, comment })),
  ];
  const head = `# From \`sluice tfvars ${topology} --env ${environment}\`; yours to edit. The account, the boundary and what was staged are passed by \`sluice deploy\`.\n`;
  const kept = others.map(([name, value]) => `${name} = ${renderValue(value)}\n`).join('\n');
  return head + aligned(lines) + (others.length === 0 ? '' : `\n# Kept from before.\n${kept}`);
}

interface Line {
  name: string;
  value: TfvarsValue;
  comment: string;
}

/** Signs of neighbouring lines stand below each other, and so do comments. */
function aligned(lines: readonly Line[]): string {
  const nameWidth = Math.max(...lines.map(({ name }) => name.length));
  const plain = lines.map(({ name, value }) => `${name.padEnd(nameWidth)} = ${renderValue(value)}`);
  const rows = plain.map((text, index) => ({ text, comment: lines[index]?.comment ?? '' }));
  return rows
    .map(({ text, comment }, index) => {
      if (comment === '') return `${text}\n`;
      return `${text.padEnd(widthAround(rows, index))} # ${comment}\n`;
    })
    .join('');
}

/** The longest of the neighbouring lines that have a comment, as `tofu fmt` measures it. */
function widthAround(rows: readonly { text: string; comment: string }[], at: number): number {
  let [first, last] = [at, at];
  while (first > 0 && rows[first - 1]?.comment !== '') first--;
  while (last < rows.length - 1 && rows[last + 1]?.comment !== '') last++;
  return Math.max(...rows.slice(first, last + 1).map(({ text }) => text.length));
}

/** A value in HCL. Texts hold no templates. */
function renderValue(value: TfvarsValue): string {
  if (typeof value === 'string') return JSON.stringify(value).replaceAll('${', '$${').replaceAll('%{', '%%{');
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly TfvarsValue[]).map(renderValue).join(', ')}]`;
  const entries = Object.entries(value).map(
    ([name, item]) => `${/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)} = ${renderValue(item)}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
