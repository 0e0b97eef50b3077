import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a command sees in a scratch root. */
export interface ScratchCommand {
  /** Folder that becomes `/`. */
  root: string;
  parameters: readonly string[];
  directory: string;
  environment: Record<string, string>;
  /** Paths of this machine that are seen inside, read-only unless said. */
  mounts: readonly Mount[];
  /** As `10001:10001`; null: root. A user gets no capability and a root that cannot be written, but for `writable`. */
  user: string | null;
  /** Folders below the root that stay writable in a read-only root. */
  writable?: readonly string[];
}

/** A path of this machine under a path inside. */
export interface Mount {
  source: string;
  target: string;
  isWritable?: boolean;
}

const systemFolders = ['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'etc', 'opt'];

/**
 * This machine's programs, in the place of a base image's: for the steps of a build.
 * The Node that runs the tests lies before them at `/image-node`, as the base image has its own.
 */
export function systemMounts(root: string): Mount[] {
  const mounts: Mount[] = [];
  for (const name of systemFolders) {
    const source = `/${name}`;
    if (!existsSync(source)) continue;
    if (!lstatSync(source).isSymbolicLink()) mounts.push({ source, target: source });
    else if (lstatSync(join(root, name), { throwIfNoEntry: false }) === undefined)
      symlinkSync(readlinkSync(source), join(root, name));
  }
  return [...mounts, { source: dirname(realpathSync(process.execPath)), target: '/image-node' }];
}

/** Node, the libraries that it is linked with, and nothing else: the least that a base image can have. There is no shell. */
export function nodeMounts(): Mount[] {
  const node = realpathSync(process.execPath);
  const libraries = execFileSync('ldd', [node], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
  return [
    { source: node, target: '/usr/local/bin/node' },
    ...[...libraries].map(([, path]) => ({ source: path!, target: path! })),
  ];
}

/** Words that make a command run as root: none for root, else a sudo that does not ask. */
export function asRoot(): string[] {
  return process.getuid?.() === 0 ? [] : ['sudo', '-n'];
}

/**
 * Starts a command with `root` as its `/`, as process 1 of namespaces of its own, so that nothing stays mounted or running. The network is this
 * machine's. Signals go to `innerProcess`.
 */
export function startIn(command: ScratchCommand): ChildProcess {
  const script = ['set -eu', 'mount --make-rprivate /', ...mountLines(command), enterLine(command)].join('\n');
  const isolate = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--', 'bash', '-c', script, 'scratch-root'];
  const [program = '', ...parameters] = [...asRoot(), ...isolate, ...command.parameters];
  return spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs one to its end; `output` is both streams together. */
export async function runIn(command: ScratchCommand): Promise<{ code: number | null; output: string }> {
  const child = startIn(command);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

/** The id, as this machine sees it, of the process at the end of the chain that `startIn` began. */
export function innerProcess(outer: number): number {
  const [child] = readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim().split(' ');
  return child === undefined || child === '' ? outer : innerProcess(Number(child));
}

function mountLines({ root, mounts, user, writable = [] }: ScratchCommand): string[] {
  for (const name of ['proc', 'dev', 'tmp']) mkdirSync(join(root, name), { recursive: true });
  const inner = mounts.flatMap(({ source, target, isWritable }) => {
    const [from, to] = [quote(realpathSync(source)), quote(join(root, target))];
    const create = statSync(source).isDirectory() ? `mkdir -p ${to}` : `mkdir -p "$(dirname ${to})"; touch ${to}`;
    return [create, `mount --bind ${from} ${to}`, ...(isWritable === true ? [] : [`mount -o remount,bind,ro ${to}`])];
  });
  inner.push(`mount -t proc proc ${quote(join(root, 'proc'))}`, `mount --rbind /dev ${quote(join(root, 'dev'))}`);
  inner.push(`mount -t tmpfs -o mode=1777 tmpfs ${quote(join(root, 'tmp'))}`);
  if (user === null) return inner;
  // A mount of its own is not touched when the root below it becomes read-only.
  const kept = writable.map((folder) => quote(join(root, folder))).map((path) => `mount --bind ${path} ${path}`);
  const all = quote(root);
  return [`mount --bind ${all} ${all}`, ...inner, ...kept, `mount -o remount,bind,ro ${all}`];
}

/** Another user has no capability left after this, and can gain none. */
function enterLine({ root, directory, environment, user }: ScratchCommand): string {
  const variables = Object.entries(environment).map(([name, value]) => quote(`${name}=${value}`));
  const [id, group] = user?.split(':') ?? [];
  const identity = id === undefined ? '' : `--setgid ${group} --setuid ${id}`;
  const drop = id === undefined ? '' : '"$(command -v setpriv)" --no-new-privs --clear-groups';
  const enter = `"$(command -v unshare)" --root ${quote(root)} --wd ${quote(directory)} ${identity} --`;
  return `exec env -i ${variables.join(' ')} ${drop} ${enter} "$@"`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
