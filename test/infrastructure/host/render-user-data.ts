import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { readEnvironment } from '../../../src/config/environment.ts';
import { findProgram } from '../../../src/tofu/program.ts';
import { hostFiles } from './host-root.ts';

/** What cloud-init is told. */
interface CloudConfig {
  write_files: { path: string; owner: string; permissions: string; content: string; append?: boolean }[];
  runcmd: string[][];
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llm-user-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the module hands to EC2, evaluated by OpenTofu itself. */
export async function renderUserData(kind: keyof typeof hostFiles, environment: Record<string, string>) {
  const { path } = await findProgram({ environment: readEnvironment(process.env), allowTerraform: true });
  const folder = temporaryFolder();
  const host = dirname(hostFiles[kind]);
  const call = `base64gzip(templatefile("${host}/user-data.tftpl", { files_directory = "${host}/files", environment = jsondecode(file("environment.json")) }))`;
  writeFileSync(join(folder, 'environment.json'), JSON.stringify(environment));
  writeFileSync(join(folder, 'empty.rc'), '');
  const child = spawn(path, ['console'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TF_CLI_CONFIG_FILE: join(folder, 'empty.rc'), CHECKPOINT_DISABLE: '1' },
  });
  child.stdin.end(call);
  let output = '';
  let complaints = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (complaints += part.toString()));
  const status = await new Promise((done) => child.on('close', done));
  if (status !== 0) throw new Error(complaints);
  const packed = Buffer.from(JSON.parse(output) as string, 'base64');
  const text = gunzipSync(packed).toString();
  return { packed, text, config: parse(text) as CloudConfig };
}

/** Writes the files as cloud-init does, under another root. */
export function writeFiles(config: CloudConfig): string {
  const root = temporaryFolder();
  for (const file of config.write_files) {
    const path = join(root, file.path);
    mkdirSync(dirname(path), { recursive: true });
    (file.append === true ? appendFileSync : writeFileSync)(path, file.content);
    chmodSync(path, Number.parseInt(file.permissions, 8));
  }
  return root;
}
