import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { readEnvironment } from '../../../src/config/environment.ts';
import { findProgram } from '../../../src/tofu/program.ts';
import { hostEnvironment } from './host-environment.ts';
import { hostFiles } from './host-root.ts';

interface CloudConfig {
  write_files: { path: string; owner: string; permissions: string; content: string; append?: boolean }[];
  runcmd: string[][];
}

/** EC2's limit, before base64: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html. */
const largestUserDataBytes = 16_384;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llm-user-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the module hands to EC2, evaluated by OpenTofu itself. */
async function render(kind: keyof typeof hostFiles, environment: Record<string, string>) {
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
function writeFiles(config: CloudConfig): string {
  const root = temporaryFolder();
  for (const file of config.write_files) {
    const path = join(root, file.path);
    mkdirSync(dirname(path), { recursive: true });
    (file.append === true ? appendFileSync : writeFileSync)(path, file.content);
    chmodSync(path, Number.parseInt(file.permissions, 8));
  }
  return root;
}

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

const cases = [
  ['gpu', 'llm.target'],
  ['standby', 'llm-standby.service'],
] as const;

test.each(cases)('user data of a %s host fit into EC2, are cloud-config, and start %s', async (kind, unit) => {
  const { packed, text, config } = await render(kind, hostEnvironment());
  expect(packed.length).toBeLessThan(largestUserDataBytes);
  expect(text.startsWith('#cloud-config\n')).toBe(true);
  expect(Object.keys(config).toSorted()).toEqual(['runcmd', 'write_files']);
  // Not waited for: cloud-init would report a host as still starting for as long as the engine loads.
  expect(config.runcmd).toEqual([
    ['systemctl', 'daemon-reload'],
    ['systemctl', 'enable', unit],
    ['systemctl', 'start', '--no-block', unit],
  ]);
  expect(new Set(config.write_files.map((file) => file.owner))).toEqual(new Set(['root:root']));
});

test.each(cases)('a %s host gets the very files of the folder, and its variables', async (kind) => {
  const { config } = await render(kind, { ...hostEnvironment(), LLM_KEYS_SECRET_ARN: '' });
  const root = writeFiles(config);
  const files = everyFile(hostFiles[kind]);
  expect(everyFile(root)).toEqual([...files, 'etc/llm/host.env'].toSorted());
  for (const file of files) {
    expect(readFileSync(join(root, file), 'utf8'), file).toBe(readFileSync(join(hostFiles[kind], file), 'utf8'));
    expect(statSync(join(root, file)).mode & 0o777, file).toBe(file.startsWith('opt/llm/bin/') ? 0o755 : 0o644);
  }
  const variables = readFileSync(join(root, 'etc/llm/host.env'), 'utf8');
  expect(variables).not.toContain('${');
  for (const line of variables.trimEnd().split('\n')) expect(line).toMatch(/^LLM_[A-Z0-9_]+=[A-Za-z0-9._/:@=+,*-]*$/);
});

test('a GPU host is told every variable of the contract', async () => {
  const root = writeFiles((await render('gpu', hostEnvironment())).config);
  const told = Object.fromEntries(
    readFileSync(join(root, 'etc/llm/host.env'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  expect(told).toEqual(hostEnvironment());
});

test('the configuration names the file of keys only where there are keys', async () => {
  const configuration = async (environment: Record<string, string>) => {
    const root = writeFiles((await render('gpu', environment)).config);
    return parse(readFileSync(join(root, 'etc/llm/sluice.yaml'), 'utf8')) as Record<string, unknown>;
  };
  const keyed = await configuration(hostEnvironment());
  const open = await configuration({ ...hostEnvironment(), LLM_KEYS_SECRET_ARN: '' });
  expect(keyed.keysFile).toBe('/etc/llm/keys.yaml');
  expect(keyed).toEqual({ ...open, keysFile: '/etc/llm/keys.yaml' });
});

test('every reference of the configuration is a variable that the container gets', () => {
  const text = readFileSync(join(hostFiles.gpu, 'etc/llm/sluice.yaml'), 'utf8');
  const given = [...Object.keys(hostEnvironment()), 'LLM_MAX_IN_FLIGHT', 'LLM_MAX_QUEUE'];
  for (const [, name] of text.matchAll(/\$\{([^}]*)\}/g)) expect(given).toContain(name);
});

test.each(['gpu', 'standby'] as const)('a variable that the module forgets fails the plan of a %s host', async (kind) => {
  const { LLM_REGION: _, ...environment } = hostEnvironment();
  await expect(render(kind, environment)).rejects.toThrow(/user-data\.tftpl.*Invalid index/s);
});
