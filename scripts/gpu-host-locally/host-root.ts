import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { readEnvironment } from '../../src/config/environment.ts';
import { findProgram } from '../../src/tofu/program.ts';

const modules = fileURLToPath(new URL('../../infrastructure/modules', import.meta.url));
const manifest = `${sha256('{}\n')}  config.json\n`;

/** SHA-256 of the manifest that the stand-in for the bucket has. */
export const weightsSha256 = sha256(manifest);

export type HostKind = 'gpu' | 'standby';

/** Fills a folder with what cloud-init makes of the module's user data, and with stand-ins for what is not on this machine. */
export async function fillRoot(
  root: string,
  { kind, variables, program }: { kind: HostKind; variables: Record<string, string>; program: readonly string[] },
): Promise<void> {
  await writeUserData(root, kind, variables);
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  };
  write('bucket/config.json', '{}\n');
  write('bucket/manifest.sha256', manifest);
  write('opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl', '#!/bin/bash\n', 0o755);
  for (const [name, body] of Object.entries(standIns)) write(`stand-ins/${name}`, `#!/bin/bash\n${body}\n`, 0o755);
  write('stand-ins/docker', `#!/bin/bash\nexec ${program.map((word) => `'${word}'`).join(' ')} docker "$LLM_ROOT" "$@"\n`, 0o755);
}

const standIns: Record<string, string> = {
  'nvidia-smi': `case "$*" in
  *utilization.gpu*) echo 'NVIDIA A10G, 41, 20480, 23028, 8.6' ;;
  *) echo 'NVIDIA A10G, 8.6' ;;
esac`,
  aws: `echo "$*" >>"$LLM_ROOT/aws-calls"
case "$1 $2" in
  'ecr get-login-password') echo password ;;
  'secretsmanager get-secret-value') cat "$LLM_ROOT/secret" ;;
  's3 sync') [[ "$*" != *weights* ]] || cp "$LLM_ROOT"/bucket/* "\${@: -1}" ;;
esac`,
  systemctl: 'echo active',
  journalctl: 'exec sleep infinity',
  lsblk: "echo 'Amazon Elastic Block Store'",
  mountpoint: 'exit 1',
  dnf: '',
  mkswap: '',
  swapon: '',
  dd: 'for word in "$@"; do [[ "$word" != of=* ]] || : >"${word#of=}"; done',
};

interface CloudConfig {
  write_files: { path: string; permissions: string; content: string; append?: boolean }[];
}

/** The module's template, evaluated by OpenTofu itself, and its files written as cloud-init does. */
async function writeUserData(root: string, kind: HostKind, variables: Record<string, string>): Promise<void> {
  const folder = join(modules, kind === 'gpu' ? 'gpu_fleet' : 'standby', 'host');
  writeFileSync(join(root, 'variables.json'), JSON.stringify(variables));
  writeFileSync(join(root, 'empty.rc'), '');
  const call = `base64gzip(templatefile("${folder}/user-data.tftpl", { files_directory = "${folder}/files", environment = jsondecode(file("variables.json")) }))`;
  const packed = Buffer.from(JSON.parse(await evaluate(root, call)) as string, 'base64');
  const config = parse(gunzipSync(packed).toString()) as CloudConfig;
  for (const { path, permissions, content, append } of config.write_files) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    (append === true ? appendFileSync : writeFileSync)(file, content);
    chmodSync(file, Number.parseInt(permissions, 8));
  }
}

async function evaluate(folder: string, call: string): Promise<string> {
  const { path } = await findProgram({ environment: readEnvironment(process.env), allowTerraform: true });
  const variables = {
    PATH: process.env['PATH'],
    HOME: folder,
    TF_CLI_CONFIG_FILE: join(folder, 'empty.rc'),
    CHECKPOINT_DISABLE: '1',
  };
  const child = spawn(path, ['console'], { cwd: folder, env: variables });
  let [output, complaints] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (complaints += part.toString()));
  child.stdin.end(call);
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (status === 0) return output;
  throw new Error(`the user data cannot be made:\n${complaints}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
