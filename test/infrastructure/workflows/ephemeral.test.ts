import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from '../../../scripts/tools/execute.ts';
import { ensureTool } from '../../../scripts/tools/tools.ts';

// What deploy.yml relies on in OpenTofu: the job that plans does not know the keys, and the job that applies does.

let folder: string;
let tofu: string;
beforeAll(async () => {
  tofu = await ensureTool('tofu', console.error);
  folder = await mkdtemp(join(tmpdir(), 'ephemeral-test-'));
  await writeFile(
    join(folder, 'main.tf'),
    `variable "api_keys" {
  type      = string
  default   = null
  ephemeral = true
  sensitive = true
}

resource "terraform_data" "this" {
  input = "known"

  provisioner "local-exec" {
    command = "printf %s '\${var.api_keys == null ? "nobody" : var.api_keys}' >written"
  }
}
`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (args: string[], environment: Record<string, string> = {}) =>
  execute([tofu, ...args], {
    directory: folder,
    environment: { TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1', ...environment },
  });

test('a value that was not there when it was planned is taken when it is applied', async () => {
  expect(await run(['init', '-no-color'])).toMatchObject({ status: 0 });
  expect(await run(['plan', '-no-color', '-out=plan.bin'])).toMatchObject({ status: 0 });
  expect(await run(['apply', '-no-color', 'plan.bin'], { TF_VAR_api_keys: 'hash-of-a-key' })).toMatchObject({ status: 0 });
  expect(await readFile(join(folder, 'written'), 'utf8')).toBe('hash-of-a-key');
  expect(await readFile(join(folder, 'terraform.tfstate'), 'utf8')).not.toContain('hash-of-a-key');
});

test('the text of a plan, which comments and summaries show, does not hold it either way', async () => {
  await run(['plan', '-no-color', '-replace=terraform_data.this', '-out=with.bin'], { TF_VAR_api_keys: 'hash-of-a-key' });
  for (const form of [['-no-color'], ['-json']]) {
    const shown = await run(['show', ...form, 'with.bin']);
    expect(shown.status).toBe(0);
    expect(shown.output).toContain('terraform_data.this');
    expect(shown.output).not.toContain('hash-of-a-key');
  }
});
