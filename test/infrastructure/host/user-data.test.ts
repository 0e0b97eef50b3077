import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { hostEnvironment } from './host-environment.ts';
import { hostFiles } from './host-root.ts';
import { renderUserData, writeFiles } from './render-user-data.ts';

/** EC2's limit, before base64: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html. */
const largestUserDataBytes = 16_384;

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
  const { packed, text, config } = await renderUserData(kind, hostEnvironment());
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
  const { config } = await renderUserData(kind, { ...hostEnvironment(), LLM_KEYS_SECRET_ARN: '', LLM_CORS_ORIGIN: '' });
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
  const root = writeFiles((await renderUserData('gpu', hostEnvironment())).config);
  const told = Object.fromEntries(
    readFileSync(join(root, 'etc/llm/host.env'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  expect(told).toEqual(hostEnvironment());
});

async function configurationOf(environment: Record<string, string>): Promise<string> {
  const root = writeFiles((await renderUserData('gpu', environment)).config);
  return join(root, 'etc/llm/sluice.yaml');
}

test('the configuration names the file of keys only where there are keys, and pages only where one is named', async () => {
  const parts = async (changes: Record<string, string>) =>
    parse(readFileSync(await configurationOf({ ...hostEnvironment(), ...changes }), 'utf8')) as Record<string, unknown>;
  const base = await parts({ LLM_KEYS_SECRET_ARN: '', LLM_CORS_ORIGIN: '' });
  const pages = { origins: ['${LLM_CORS_ORIGIN}'] };
  expect(Object.keys(base)).not.toContain('keysFile');
  expect(await parts({})).toEqual({ ...base, keysFile: '/etc/llm/keys.yaml', cors: pages });
  expect(await parts({ LLM_KEYS_SECRET_ARN: '' })).toEqual({ ...base, cors: pages });
  expect(await parts({ LLM_CORS_ORIGIN: '*' })).toEqual({ ...base, keysFile: '/etc/llm/keys.yaml', cors: pages });
});

test('every reference of the configuration is a variable that the container gets', () => {
  const text = readFileSync(join(hostFiles.gpu, 'etc/llm/sluice.yaml'), 'utf8');
  const given = [...Object.keys(hostEnvironment()), 'LLM_MAX_IN_FLIGHT', 'LLM_MAX_QUEUE'];
  for (const [, name] of text.matchAll(/\$\{([^}]*)\}/g)) expect(given).toContain(name);
});

test.each(['gpu', 'standby'] as const)('a variable that the module forgets fails the plan of a %s host', async (kind) => {
  const { LLM_REGION: _, ...environment } = hostEnvironment();
  await expect(renderUserData(kind, environment)).rejects.toThrow(/user-data\.tftpl.*Invalid index/s);
});
