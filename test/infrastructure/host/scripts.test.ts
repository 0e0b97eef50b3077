import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { hostFiles } from './host-root.ts';

const kinds = ['gpu', 'standby'] as const;
const run = promisify(execFile);
const unitsOf = (files: string) => readdirSync(join(files, 'etc/systemd/system'));
const read = (files: string, unit: string) => readFileSync(join(files, 'etc/systemd/system', unit), 'utf8');

/** Runs a checker; its complaints, or the way to install it, become the failure. */
async function check(program: string, parameters: string[], debianPackage: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, parameters, { env: { ...process.env, SYSTEMD_LOG_LEVEL: 'warning' } });
    return stdout + stderr;
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT')
      throw new Error(`${program} is not on this machine: apt-get install ${debianPackage}`, { cause: error });
    return `${stdout}${stderr}` || String(error);
  }
}

test.each(kinds)('shellcheck finds nothing in the scripts of a %s host', async (kind) => {
  const folder = join(hostFiles[kind], 'opt/llm/bin');
  const scripts = readdirSync(folder).map((name) => join(folder, name));
  expect(await check('shellcheck', ['--external-sources', '--source-path=SCRIPTDIR', ...scripts], 'shellcheck')).toBe('');
});

test.each(kinds)('the scripts of a %s host stop at the first failure and are executable', (kind) => {
  const folder = join(hostFiles[kind], 'opt/llm/bin');
  for (const name of readdirSync(folder).filter((each) => each !== 'lib.sh')) {
    expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^#!\/usr\/bin\/env bash\n(#.*\n)+set -euo pipefail\n/);
    expect(statSync(join(folder, name)).mode & 0o111).toBe(0o111);
  }
});

test.each(kinds)('systemd understands the units of a %s host', async (kind) => {
  const root = mkdtempSync(join(tmpdir(), 'llm-units-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  cpSync(hostFiles[kind], root, { recursive: true });
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  copyFileSync('/bin/true', join(root, 'usr/bin/docker'));
  const units = unitsOf(hostFiles[kind]).map((unit) => `/etc/systemd/system/${unit}`);
  const complaints = await check(
    'systemd-analyze',
    ['verify', `--root=${root}`, '--man=no', '--recursive-errors=no', ...units],
    'systemd',
  );
  // These two are of systemd 254; the machine image of the GPU hosts has 255, and an older one ignores them.
  const unknown = complaints
    .split('\n')
    .filter((line) => line !== '' && !/Unknown key '(RestartSteps|RestartMaxDelaySec)'/.test(line));
  expect(unknown).toEqual([]);
});

test.each(kinds)('on a %s host what lives long is started again for ever, ever more slowly or at a fixed pace', (kind) => {
  for (const unit of unitsOf(hostFiles[kind]).filter((name) => name.endsWith('.service') && name !== 'llm-keys.service')) {
    const text = read(hostFiles[kind], unit);
    // What is done once stays done.
    const isDone = text.includes('Type=oneshot') || unit === 'llm-spot.service';
    expect(text, unit).toMatch(isDone ? /^Restart=on-failure$/m : /^Restart=always$/m);
    expect(text, unit).toMatch(/^RestartSec=\d+$/m);
    expect(text, unit).toMatch(/^StartLimitIntervalSec=0$/m);
  }
});

test('the target pulls in every unit, and starts with the machine', () => {
  const target = read(hostFiles.gpu, 'llm.target');
  expect(target).toMatch(/^WantedBy=multi-user.target$/m);
  const wanted = /^Wants=(.*)$/m.exec(target)?.[1]?.split(' ') ?? [];
  // The timer starts llm-keys, and the gateway does before itself.
  expect(wanted.toSorted()).toEqual(
    unitsOf(hostFiles.gpu)
      .filter((unit) => !['llm.target', 'llm-keys.service'].includes(unit))
      .toSorted(),
  );
  expect(read(hostFiles.gpu, 'llm-gateway.service')).toMatch(/^Wants=.* llm-keys\.service$/m);
});

test('no unit requires another: a failure that passes would not be tried again', () => {
  for (const unit of unitsOf(hostFiles.gpu))
    expect(read(hostFiles.gpu, unit), unit).not.toMatch(/^(Requires|BindsTo|Requisite)=/m);
});

test('the folder that the container has mounted outlives a restart of the units that make it', () => {
  for (const unit of ['llm-gateway.service', 'llm-gpu-probe.service'])
    expect(read(hostFiles.gpu, unit)).toMatch(/^RuntimeDirectory=llm\nRuntimeDirectoryPreserve=yes$/m);
});
