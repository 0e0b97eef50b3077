import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

interface Owner {
  uid: number;
  gid: number;
}

/** Real servers for tests, each on a free loopback port in a folder of its own that goes with it. */
export interface RedisServer {
  url: string;
  port: number;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would; `restartEmpty` brings it back. */
  kill(): Promise<void>;
  /** Stops it where it is: connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
  /** Ends it where it runs, and starts it without data on the same port. */
  restartEmpty(): Promise<void>;
}

/** A Redis server that keeps nothing on disk. `arguments` are further ones of its command line. */
export async function startRedis(options: { arguments?: readonly string[] } = {}): Promise<RedisServer> {
  const binary = find(['redis-server', 'valkey-server'], [], 'redis-server');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'test-redis-'));
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const server = new Server(folder, 'SIGKILL', () => spawn(binary, [...settings, ...(options.arguments ?? [])]));
  await server.start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: () => server.remove(),
    kill: () => server.end(),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    restartEmpty: async () => {
      await server.end();
      await server.start();
    },
  };
}

/** See `RedisServer`; its data outlive everything but `stop`. */
export interface PostgresServer {
  /** Of the superuser, in the database `postgres`. */
  url: string;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would; `restart` brings it back. */
  kill(): Promise<void>;
  /** Stops it and all its connections where they are. */
  pause(): void;
  resume(): void;
  /** Ends it where it runs, and starts it with its data on the same port. */
  restart(): Promise<void>;
}

/** A PostgreSQL server that never syncs to disk: what it has committed survives `kill`, not the machine. */
export async function startPostgres(): Promise<PostgresServer> {
  const folders = versionFolders('/usr/lib/postgresql');
  const initdb = find(['initdb'], folders, 'postgresql');
  const postgres = find(['postgres'], folders, 'postgresql');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'test-postgres-'));
  const owner = unprivileged();
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const options = { ...owner, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' } };
  const data = join(folder, 'data');
  execFileSync(initdb, ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], options);
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'fsync=off', 'full_page_writes=off', 'shared_buffers=32MB'];
  const flags = settings.flatMap((setting) => ['-c', setting]);
  const server = new Server(folder, 'SIGQUIT', () => spawn(postgres, ['-D', data, '-k', folder, ...flags], options));
  await server.start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: () => server.remove(),
    kill: () => server.end(),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    restart: async () => {
      await server.end('SIGINT');
      await server.start();
    },
  };
}

/** One server process and its folder. It is up when it prints "ready to accept connections", as both kinds do. */
class Server {
  private child: ChildProcess | undefined;
  private readonly onExit = () => {
    this.signal(this.killSignal);
    this.signal('SIGCONT');
    rmSync(this.folder, { recursive: true, force: true });
  };

  private readonly folder: string;
  private readonly killSignal: NodeJS.Signals;
  private readonly launch: () => ChildProcess;

  /** `killSignal` ends it at once, but not in the middle of nowhere: PostgreSQL's frees its shared memory. */
  constructor(folder: string, killSignal: NodeJS.Signals, launch: () => ChildProcess) {
    this.folder = folder;
    this.killSignal = killSignal;
    this.launch = launch;
    process.once('exit', this.onExit);
  }

  start(): Promise<void> {
    const child = this.launch();
    this.child = child;
    return new Promise((resolve, reject) => {
      let printed = '';
      const listen = (chunk: Buffer) => {
        printed = (printed + chunk.toString()).slice(-4000);
        if (/ready to accept connections/i.test(printed)) resolve();
      };
      child.stdout?.on('data', listen);
      child.stderr?.on('data', listen);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`${child.spawnfile} ended before it was ready:\n${printed}`)));
    });
  }

  /** Signals the process and its children: a stopped parent alone would leave PostgreSQL's open connections answering. */
  signal(signal: NodeJS.Signals): void {
    const pid = this.child?.pid;
    if (pid === undefined || this.child?.exitCode !== null || this.child.signalCode !== null) return;
    for (const target of [pid, ...childrenOf(pid)]) {
      try {
        process.kill(target, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  /** Resolves when the process is gone. */
  async end(signal: NodeJS.Signals = this.killSignal): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.signal('SIGCONT');
    child.kill(signal);
    const impatient = setTimeout(() => this.signal('SIGKILL'), 10_000);
    await gone;
    clearTimeout(impatient);
  }

  async remove(): Promise<void> {
    process.off('exit', this.onExit);
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function childrenOf(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

/** PostgreSQL refuses to run as root: whom to run it as then. */
function unprivileged(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string, user: string) => Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
  const ids = (user: string) => ({ uid: idOf('-u', user), gid: idOf('-g', user) });
  try {
    return ids('postgres');
  } catch {
    return ids('nobody');
  }
}

/** `bin` folders below, newest version first. */
function versionFolders(parent: string): string[] {
  if (!existsSync(parent)) return [];
  const versions = readdirSync(parent).sort((one, other) => Number(other) - Number(one));
  return versions.map((version) => join(parent, version, 'bin'));
}

function find(names: readonly string[], folders: readonly string[], packageName: string): string {
  const places = [...folders, ...(process.env['PATH'] ?? '').split(delimiter)];
  const found = names.flatMap((name) => places.map((place) => join(place, name))).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(`no ${names.join(' or ')} here: apt-get install -y ${packageName}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
