/**
 * Runs a GPU host of the topology on this machine: the files that cloud-init would write, the units' own commands in the units' own order, in a
 * network of its own, with stand-ins for Docker, AWS, the metadata service and the GPU's driver, and with the embedded engine in the place of vLLM.
 * `node scripts/gpu-host-locally.ts [--standby]` starts one and says where it answers. Needs Linux, root (or sudo that does not ask), iproute2 and OpenTofu.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostEnvironment } from '../test/infrastructure/host/host-environment.ts';
import { asRoot } from '../test/infrastructure/image/scratch-root.ts';
import { docker, runContainer } from './gpu-host-locally/docker.ts';
import { fillRoot, weightsSha256, type HostKind } from './gpu-host-locally/host-root.ts';
import { frontOf, runHost } from './gpu-host-locally/inside.ts';

const program = [process.execPath, fileURLToPath(import.meta.url)];

interface HostOptions {
  kind?: HostKind;
  /** The value of the secret with the keys' hashes; none: no key is asked for. */
  keys?: string;
  /** Variables of the host besides the usual ones. */
  variables?: Record<string, string>;
}

/** A host that runs here. */
export class LocalHost {
  readonly root = mkdtempSync(join(tmpdir(), 'gpu-host-'));
  readonly #front: Server;
  readonly #sockets = new Set<Socket>();
  #child: ChildProcess | undefined;

  private constructor() {
    this.#front = createServer((socket) => this.#pass(socket));
  }

  /** Starts its units. They need some seconds until they answer: `until` waits. */
  static async start({ kind = 'gpu', keys, variables = {} }: HostOptions = {}): Promise<LocalHost> {
    const host = new LocalHost();
    const usual = hostEnvironment();
    const arn = keys === undefined ? '' : (usual['LLM_KEYS_SECRET_ARN'] ?? '');
    const own = { ...usual, LLM_WEIGHTS_SHA256: weightsSha256, LLM_KEYS_SECRET_ARN: arn, ...variables };
    await fillRoot(host.root, { kind, variables: own, program });
    if (keys !== undefined) writeFileSync(join(host.root, 'secret'), keys);
    const unit = kind === 'gpu' ? 'llm.target' : 'llm-standby.service';
    const isolate = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];
    const [command = '', ...words] = [...asRoot(), ...isolate, ...program, 'host', host.root, unit];
    host.#child = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    host.#front.listen(0, '127.0.0.1');
    await once(host.#front, 'listening');
    return host;
  }

  /** Where the host's port 8000 is reached. */
  get url(): string {
    return `http://127.0.0.1:${(this.#front.address() as AddressInfo).port}`;
  }

  /** Settles when a file of the host has that text. Rejects after the time limit, with what the units said. */
  async until(path: string, text: string, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (!this.read(path).includes(text)) {
      if (performance.now() > deadline)
        throw new Error(`${path} of the host does not say "${text}" after ${limitMs / 1000} s\n${this.logs()}`);
      await sleep(100);
    }
  }

  /** A file of the host; empty where there is none. */
  read(path: string): string {
    return existsSync(join(this.root, path)) ? readFileSync(join(this.root, path), 'utf8') : '';
  }

  /** What its units and containers said, the last of it. */
  logs(): string {
    const logs = ['units', 'containers'].flatMap((folder) =>
      existsSync(join(this.root, folder)) ? readdirSync(join(this.root, folder)).map((name) => `${folder}/${name}`) : [],
    );
    return logs
      .filter((path) => path.endsWith('.log'))
      .map((path) => `--- ${path}\n${this.read(path).slice(-1500)}`)
      .join('\n');
  }

  /** Ends everything that runs on it; nothing of it stays. */
  async stop(): Promise<void> {
    this.#front.close();
    for (const socket of this.#sockets) socket.destroy();
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.root, { recursive: true, force: true });
  }

  #pass(socket: Socket): void {
    const inner = connect(frontOf(this.root));
    this.#sockets.add(socket);
    for (const each of [socket, inner]) each.on('error', () => undefined).on('close', () => (socket.destroy(), inner.destroy()));
    socket.once('close', () => this.#sockets.delete(socket));
    socket.pipe(inner).pipe(socket);
  }
}

async function main([verb = '', root = '', ...words]: readonly string[]): Promise<void> {
  if (verb === 'docker') process.exitCode = await docker(root, words, program);
  else if (verb === 'container') await runContainer(root, words[0] ?? '');
  else if (verb === 'host') await runHost(root, words[0] ?? '');
  else await show(verb === '--standby' ? 'standby' : 'gpu');
}

/** For people: runs until Ctrl-C. */
async function show(kind: HostKind): Promise<void> {
  const host = await LocalHost.start({ kind });
  process.once('SIGINT', () => void host.stop());
  console.log(`${host.url}\nfiles and logs: ${host.root}`);
}

if (process.argv[1] === program[1]) await main(process.argv.slice(2));
