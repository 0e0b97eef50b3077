import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBlocks } from '../../../scripts/tools/hcl-reader.ts';
import { checkReadmes, interfaceTables, writeReadmes } from '../../../scripts/tools/module-readme.ts';

const variables = `# variable "no" {}
variable "name" {
  description = "A name | \\"quoted\\", with # no comment and { no bracket."
  type        = string

  validation {
    condition     = length(var.name) > 0 # type = number
    error_message = "default = 1"
  }
}

variable "sizes" {
  type = map(object({
    min = number # of hosts
    max = optional(number, 4)
    tags = optional(object({
      a = list(string)
    }), {})
  }))
  description = "Sizes."
  default     = {
    x = { min = 1 }
  }
}

variable "key" {
  type      = string
  ephemeral = true
  default   = ""
}
`;
const outputs = `output "arn" {
  description = "ARN."
  value       = <<-EOT
    output "fake" {
  EOT
}
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-readme-'));
  await mkdir(join(folder, 'modules', 'x'), { recursive: true });
  await writeFile(join(folder, 'modules', 'x', 'variables.tf'), variables);
  await writeFile(join(folder, 'modules', 'x', 'outputs.tf'), outputs);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('types and defaults are read as they are written, on one line, without what stands in comments, strings and inner blocks', () => {
  expect(interfaceTables(readBlocks(variables, 'variable'), readBlocks(outputs, 'output')).split('\n')).toEqual([
    '| input | type | default | what it is |',
    '|---|---|---|---|',
    '| `name` | `string` | required | A name \\| "quoted", with # no comment and { no bracket. |',
    '| `sizes` | `map(object({ min = number, max = optional(number, 4), tags = optional(object({ a = list(string) }), {}) }))` | `{ x = { min = 1 } }` | Sizes. |',
    '| `key` | `string` | `""` |  Ephemeral: never in state or plan. |',
    '',
    '| output | what it is |',
    '|---|---|',
    '| `arn` | ARN. |',
  ]);
});

test('tables are written between the markers, and a README that differs is refused until then', async () => {
  const readme = join(folder, 'modules', 'x', 'README.md');
  await expect(checkReadmes(folder, ['modules/x'])).rejects.toThrow(/needs the lines <!-- interface: generated -->/);
  await writeFile(readme, '# x\n\nWhy.\n\n<!-- interface: generated -->\nold\n<!-- /interface -->\n\nAfter.\n');
  await expect(checkReadmes(folder, ['modules/x'])).rejects.toThrow(
    /not what its HCL says\nrenew them: node scripts\/infrastructure-readme\.ts/,
  );
  const written: string[] = [];
  const tell = (path: string) => void written.push(path);
  await writeReadmes(folder, ['modules/x'], tell);
  await writeReadmes(folder, ['modules/x'], tell);
  expect(written).toEqual([readme]);
  await checkReadmes(folder, ['modules/x']);
  const text = await readFile(readme, 'utf8');
  expect(text).toMatch(
    /^# x\n\nWhy\.\n\n<!-- interface: generated -->\n\n\| input[\s\S]*ARN\. \|\n\n<!-- \/interface -->\n\nAfter\.\n$/,
  );
  expect(text).not.toContain('old');
});

test('a bracket that is not closed is told', () => {
  expect(() => readBlocks('variable "x" {\n  type = string\n', 'variable')).toThrow('a bracket is not closed');
});
