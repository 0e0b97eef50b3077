import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '../../src/config/environment.ts';
import { execForm, parseDockerfile, substitute, words } from '../../test/infrastructure/image/dockerfile.ts';
import { nodeMounts, startIn, systemMounts, type Mount } from '../../test/infrastructure/image/scratch-root.ts';
import type { ContainerArguments } from './docker-arguments.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a container's program in a root of its own: the user, the environment, the mounts and the read-only files that the container has. The image
 * of the gateway is this checkout with the Dockerfile's ENTRYPOINT, CMD and ENV; that of the engine is the embedded engine in the place of vLLM.
 */
export function startContainer(folder: string, container: ContainerArguments): ChildProcess {
  const root = join(folder, `${container.name}.root`);
  mkdirSync(join(root, 'etc'), { recursive: true });
  chmodSync(root, 0o755);
  requirePorts(container);
  return container.entrypoint === 'vllm' ? startEngine(root, container) : startGateway(root, container);
}

function startGateway(root: string, container: ContainerArguments): ChildProcess {
  const image = readImage();
  // The network's own name service: the engine is on this machine.
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost engine gateway\n');
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  for (const path of container.temporary.filter((path) => path !== '/tmp')) {
    mkdirSync(join(root, path), { recursive: true });
    const [user, group] = (container.user ?? '0:0').split(':').map(Number);
    chownSync(join(root, path), user ?? 0, group ?? 0);
  }
  const [entrypoint, command] = [image.entrypoint, container.parameters.length > 0 ? container.parameters : image.command];
  return startIn({
    root,
    parameters: [...entrypoint, ...command],
    directory: image.directory,
    environment: { PATH: '/usr/local/bin', ...image.environment, ...environmentOf(container) },
    mounts: [...nodeMounts(), ...applicationMounts(image.directory), ...container.mounts],
    user: container.user ?? image.user,
    writable: container.temporary.filter((path) => path !== '/tmp'),
  });
}

/** Where the embedded engine listens; vLLM's own port opens when it is ready, as vLLM listens only then. */
const enginePort = 18_001;

/** `vllm serve MODEL --served-model-name NAMES…` as the embedded engine under the same names, address and port. */
function startEngine(root: string, container: ContainerArguments): ChildProcess {
  const [verb, model = '', ...flags] = container.parameters;
  const valueOf = (name: string) => flags[flags.indexOf(`--${name}`) + 1] ?? '';
  const weights = container.mounts.find(({ target }) => target === model);
  if (verb !== 'serve' || weights === undefined || !existsSync(join(weights.source, 'config.json'))) {
    throw new Error(`vllm ${verb ?? ''} ${model}: there is no model`);
  }
  // Of all names that it would answer to, the embedded engine has its own and this one.
  if (valueOf('served-model-name') !== 'phi-3-mini') throw new Error('this engine only answers to the name phi-3-mini');
  const models: Mount = { source: readEnvironment(process.env).modelDirectory, target: '/engine/models', isWritable: true };
  mkdirSync(models.source, { recursive: true });
  const child = startIn({
    root,
    parameters: ['/image-node/node', '/app/bin/sluice.js', 'serve', '--host', valueOf('host'), '--port', String(enginePort)],
    directory: '/app',
    environment: { PATH: '/image-node:/usr/bin:/bin', HOME: '/tmp', SLUICE_AUTH: 'none', SLUICE_DATA: '/engine' },
    mounts: [...systemMounts(root), ...applicationMounts('/app'), models],
    user: null,
  });
  const server = createServer((socket) => {
    const inner = connect(enginePort, '127.0.0.1');
    for (const each of [socket, inner]) each.on('error', () => undefined).on('close', () => (socket.destroy(), inner.destroy()));
    socket.pipe(inner).pipe(socket);
  });
  child.once('close', () => server.close());
  void untilReady(child).then(() => server.listen(Number(valueOf('port')), valueOf('host')));
  return child;
}

/** Settles when the engine has its model. */
async function untilReady(child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${enginePort}/health`).catch(() => null);
    if (answer?.ok === true) return;
    await sleep(200);
  }
}

/** What the image has in its folder, from this checkout. */
function applicationMounts(directory: string): Mount[] {
  const paths = ['package.json', 'bin', 'src', 'node_modules', 'web/dist'].filter((path) => existsSync(join(repository, path)));
  return paths.map((path) => ({ source: join(repository, path), target: join(directory, path) }));
}

function environmentOf({ environmentFiles, environment }: ContainerArguments): Record<string, string> {
  const lines = [...environmentFiles.flatMap((file) => readFileSync(file, 'utf8').split('\n')), ...environment];
  const named = lines.filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(named.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** There is one network: what is published must be the port on which the program listens. */
function requirePorts({ published }: ContainerArguments): void {
  for (const ports of published) {
    const [host, inner] = ports.split(':').slice(-2);
    if (host !== inner) throw new Error(`--publish ${ports}: this stand-in gives a port no other number`);
  }
}

/** What the Dockerfile's last stage says. */
function readImage() {
  const instructions = parseDockerfile(readFileSync(join(repository, 'Dockerfile'), 'utf8'));
  const stage = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
  const find = (wanted: string) => {
    const found = stage.findLast(({ name }) => name === wanted);
    if (found === undefined) throw new Error(`the Dockerfile has no ${wanted}`);
    return found;
  };
  const pairs = stage.filter(({ name }) => name === 'ENV').flatMap(({ text }) => words(text));
  return {
    entrypoint: execForm(find('ENTRYPOINT')),
    command: execForm(find('CMD')),
    user: find('USER').text,
    directory: find('WORKDIR').text,
    environment: Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), substitute(pair.slice(pair.indexOf('=') + 1), new Map())]),
    ),
  };
}
