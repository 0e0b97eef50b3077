import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hostEnvironment } from './host-environment.ts';

/** How a script ended, and every stand-in that it called, as `name argument argument`. */
export interface ScriptResult {
  status: number | null;
  log: string;
  calls: string[];
}

/** A folder that a script takes for the root of its host, with stand-ins for what reaches outside. */
export interface HostRoot {
  path: (file: string) => string;
  read: (file: string) => string;
  exists: (file: string) => boolean;
  write: (file: string, text: string) => void;
  /** Replaces a stand-in: a bash text that sees the call's arguments, `$nth` (which call this is) and the folder `$LLM_ROOT`. */
  stub: (name: string, body: string) => void;
  /** Takes a stand-in away, and the machine's own program of that name with it. */
  hide: (name: string) => void;
  run: (script: string, environment?: Record<string, string>) => Promise<ScriptResult>;
}

const modules = join(import.meta.dirname, '../../../infrastructure/modules');

/** The folders whose files a host gets. */
export const hostFiles = { gpu: join(modules, 'gpu_fleet/host/files'), standby: join(modules, 'standby/host/files') } as const;

// Time stands still but for sleep, which is over at once.
const standIns: Record<string, string> = {
  sleep: 'now=$(<"$LLM_ROOT/clock"); echo $((now + ${1%%.*})) >"$LLM_ROOT/clock"',
  date: 'case "$1" in +%s) cat "$LLM_ROOT/clock" ;; +%s%3N) echo "$(<"$LLM_ROOT/clock")000" ;; *) /usr/bin/date "$@" ;; esac',
  timeout: 'while [[ "$1" == --* ]]; do shift; done; shift; exec /usr/bin/timeout 0.5 "$@"',
  curl: `case "$*" in
    */api/token) echo token ;;
    *"X-aws-ec2-metadata-token: token"*/meta-data/instance-id) echo i-0123 ;;
    *) echo "no stand-in answers $*" >&2; exit 7 ;;
  esac`,
  docker:
    'case "$1 $2" in "image inspect") exit 1 ;; "wait "*) echo 0 ;; "login "*) cat >/dev/null ;; "info "*) echo overlayfs ;; esac',
  'nvidia-smi': 'echo "NVIDIA A10G, 8.6"',
  aws: 'case "$1 $2" in "ecr get-login-password") echo password ;; esac',
  mountpoint: 'exit 1',
  lsblk: 'echo "Amazon Elastic Block Store"',
  systemctl: 'echo active',
  // Only root may give files away.
  chgrp: 'exit 0',
  dpkg: '',
  dnf: '',
  mkswap: '',
  swapon: '',
  dd: 'for word in "$@"; do [[ "$word" != of=* ]] || : >"${word#of=}"; done',
};

/** Makes the root, with a host's files and variables in it; gone when the test ends. */
export function makeHostRoot(kind: keyof typeof hostFiles = 'gpu'): HostRoot {
  const root = mkdtempSync(join(tmpdir(), 'llm-host-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = (file: string) => join(root, file);
  const write = (file: string, text: string) => {
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), text);
  };
  const stub = (name: string, body: string) => {
    write(
      `stand-ins/${name}`,
      `#!/bin/bash
# In one write: others run beside this one.
printf '%s\\n' "${name}$(printf ' %s' "$@")" >>"$LLM_ROOT/calls"
echo >>"$LLM_ROOT/count-${name}"
nth=$(grep -c '' "$LLM_ROOT/count-${name}")
${body}
`,
    );
    chmodSync(path(`stand-ins/${name}`), 0o755);
  };
  cpSync(hostFiles[kind], root, { recursive: true });
  for (const folder of ['run/llm', 'stand-ins', 'var/lib']) mkdirSync(path(folder), { recursive: true });
  write('clock', '1000\n');
  for (const [name, body] of Object.entries(standIns)) stub(name, body);
  const variables = hostEnvironment();
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  write('etc/llm/host.env', lines.join(''));

  return {
    path,
    write,
    stub,
    hide: (name) => {
      rmSync(path(`stand-ins/${name}`));
      mkdirSync(path('tools'));
      for (const tool of readdirSync('/usr/bin')) if (tool !== name) symlinkSync(`/usr/bin/${tool}`, path(`tools/${tool}`));
    },
    read: (file) => readFileSync(path(file), 'utf8'),
    exists: (file) => existsSync(path(file)),
    run: async (script, environment = {}) => {
      rmSync(path('calls'), { force: true });
      appendFileSync(path('calls'), '');
      const child = spawn('/bin/bash', [path(`opt/llm/bin/${script}`)], {
        env: {
          ...variables,
          PATH: `${path('stand-ins')}:${existsSync(path('tools')) ? path('tools') : '/usr/bin:/bin'}`,
          LLM_ROOT: root,
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let log = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (log += part.toString()));
      const status = await new Promise<number | null>((done) => child.on('close', done));
      return { status, log, calls: readFileSync(path('calls'), 'utf8').split('\n').filter(Boolean) };
    },
  };
}

/** The calls that begin so. */
export const callsOf = (result: ScriptResult, start: string): string[] => result.calls.filter((call) => call.startsWith(start));
