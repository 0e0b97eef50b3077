import type { ChildProcess } from 'node:child_process';
import type { Image } from './image-build.ts';
import { innerProcess, nodeMounts, runIn, startIn, type Mount, type ScratchCommand } from './scratch-root.ts';

interface ContainerOptions {
  /** What follows the image's name in `docker run`; nothing: the image's CMD. */
  parameters?: readonly string[];
  environment?: Record<string, string>;
  mounts?: readonly Mount[];
}

/**
 * The program of an image as a container has it: process 1, the image's user without capabilities, the image's environment, and files that cannot
 * be written but for its volumes and /tmp. Of a base image there is Node and its libraries only.
 */
export class Container {
  output = '';
  readonly ended: Promise<number | null>;
  readonly #image: Image;
  readonly #options: ContainerOptions;
  readonly #child: ChildProcess;

  constructor(image: Image, options: ContainerOptions = {}) {
    this.#image = image;
    this.#options = options;
    const { parameters = image.command } = options;
    this.#child = startIn(this.#command([...image.entrypoint, ...parameters]));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')));
    }
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Runs a command beside the program, as `docker exec` or a health check does. */
  execute(parameters: readonly string[]): Promise<{ code: number | null; output: string }> {
    return runIn(this.#command(parameters));
  }

  /** What `docker stop` sends; resolves with the program's status. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const outer = this.#child.pid;
    if (outer !== undefined && this.#child.exitCode === null) process.kill(innerProcess(outer), signal);
    return this.ended;
  }

  #command(parameters: readonly string[]): ScratchCommand {
    const { environment = {}, mounts = [] } = this.#options;
    const { root, user, directory, volumes } = this.#image;
    return {
      root,
      parameters,
      directory,
      environment: { ...this.#image.environment, ...environment },
      mounts: [...nodeMounts(), ...mounts],
      user,
      writable: volumes,
    };
  }
}
