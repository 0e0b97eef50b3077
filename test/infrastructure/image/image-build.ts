import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Dockerignore } from './dockerignore.ts';
import { execForm, parseDockerfile, substitute, words, type Instruction } from './dockerfile.ts';
import { asRoot, runIn, systemMounts, type Mount } from './scratch-root.ts';

/** An image as its Dockerfile makes it, without the files of the base image. */
export interface Image {
  /** Its files. */
  root: string;
  /** What FROM named. */
  base: string;
  environment: Record<string, string>;
  labels: Record<string, string>;
  directory: string;
  user: string;
  entrypoint: string[];
  command: string[];
  healthcheck: string[];
  volumes: string[];
  stopSignal: string;
  exposed: string;
}

interface Stage {
  image: Image;
  platform: string;
  /** ARG and ENV, for substitution and for RUN. */
  variables: Map<string, string>;
}

interface BuildOptions {
  /** Folder with the Dockerfile and the .dockerignore. */
  context: string;
  buildArguments?: Record<string, string>;
  /** What RUN gets besides: this machine's npm cache. */
  mounts?: Mount[];
  environment?: Record<string, string>;
}

/**
 * Follows a Dockerfile as `docker build` would, each stage in a folder that is the `/` of its RUN steps, with this machine's programs in the
 * place of the base image's. Knows just the instructions that ours uses, and refuses others.
 */
export class ImageBuild {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-image-'));
  readonly #options: BuildOptions;
  readonly #stages = new Map<string, Stage>();
  readonly #global = new Map<string, string>([['BUILDPLATFORM', 'linux/amd64']]);
  #stage: Stage | null = null;

  constructor(options: BuildOptions) {
    this.#options = options;
  }

  /** The last stage. Throws with a step's output when it fails. */
  async run(): Promise<Image> {
    for (const instruction of parseDockerfile(readFileSync(join(this.#options.context, 'Dockerfile'), 'utf8'))) {
      await this.#step(instruction).catch((error: unknown) => {
        throw new Error(`Dockerfile, line ${instruction.line}: ${String(error)}`, { cause: error });
      });
    }
    return this.#current.image;
  }

  /** Platforms that the stages ask for, in order; empty: that of the image. */
  get platforms(): string[] {
    return [...this.#stages.values()].map((stage) => stage.platform);
  }

  remove(): void {
    const [program = '', ...parameters] = [...asRoot(), 'rm', '-rf', this.folder];
    execFileSync(program, parameters);
  }

  get #current(): Stage {
    if (this.#stage === null) throw new Error('there is no FROM before it');
    return this.#stage;
  }

  async #step(instruction: Instruction): Promise<void> {
    const { name, text } = instruction;
    if (name === 'FROM') return this.#from(text);
    if (name === 'ARG') return this.#argument(text);
    const { image, variables } = this.#current;
    const value = substitute(text, variables);
    switch (name) {
      case 'RUN':
        return this.#execute(text);
      case 'COPY':
        return this.#copy(value);
      case 'WORKDIR':
        image.directory = value.startsWith('/') ? value : join(image.directory, value);
        mkdirSync(join(image.root, image.directory), { recursive: true });
        return;
      case 'ENV':
        for (const [key, word] of pairs(value)) variables.set(key, (image.environment[key] = word));
        return;
      case 'LABEL':
        Object.assign(image.labels, Object.fromEntries(pairs(value)));
        return;
      case 'USER':
        image.user = value;
        return;
      case 'VOLUME':
        image.volumes.push(value);
        return;
      case 'EXPOSE':
        image.exposed = value;
        return;
      case 'STOPSIGNAL':
        image.stopSignal = value;
        return;
      case 'ENTRYPOINT':
        image.entrypoint = execForm(instruction);
        return;
      case 'CMD':
        image.command = execForm(instruction);
        return;
      case 'HEALTHCHECK':
        image.healthcheck = execForm({ ...instruction, text: text.replace(/^.*?CMD\s+/, '') });
        return;
      default:
        throw new Error(`${name} is not understood here`);
    }
  }

  #from(text: string): void {
    const parts = words(substitute(text, this.#global));
    const platform = parts[0]?.startsWith('--platform=') === true ? (parts.shift() ?? '').slice('--platform='.length) : '';
    const [base = '', as, name = `stage-${this.#stages.size}`] = parts;
    if (as !== undefined && as.toUpperCase() !== 'AS') throw new Error(`"${text}" is not understood here`);
    const root = join(this.folder, name);
    mkdirSync(root);
    const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
    const image: Image = { root, base, environment, labels: {}, directory: '/', user: '', ...noSettings() };
    this.#stage = { image, platform, variables: new Map(Object.entries(environment)) };
    this.#stages.set(name, this.#stage);
  }

  #argument(text: string): void {
    const [, name = '', preset] = /^(\w+)(?:=(.*))?$/.exec(text) ?? [];
    const given = this.#options.buildArguments?.[name];
    if (this.#stage === null) this.#global.set(name, given ?? preset ?? '');
    else if (given !== undefined || preset !== undefined) this.#stage.variables.set(name, given ?? preset ?? '');
  }

  async #execute(script: string): Promise<void> {
    const { image, variables } = this.#current;
    const { mounts = [], environment = {} } = this.#options;
    const { code, output } = await runIn({
      root: image.root,
      parameters: ['/bin/sh', '-c', script],
      directory: image.directory,
      environment: {
        HOME: '/root',
        ...Object.fromEntries(variables),
        ...environment,
        PATH: `/image-node:${image.environment['PATH'] ?? ''}`,
      },
      mounts: [...systemMounts(image.root), ...mounts],
      user: null,
    });
    if (code !== 0) throw new Error(`status ${code}\n${output}`);
  }

  #copy(text: string): void {
    const { image } = this.#current;
    const parts = words(text);
    const flags = new Map(
      parts.filter((part) => part.startsWith('--')).map((part) => part.slice(2).split('=') as [string, string]),
    );
    const paths = parts.filter((part) => !part.startsWith('--'));
    const destination = paths.pop() ?? '';
    const target = join(image.root, destination.startsWith('/') ? destination : join(image.directory, destination));
    const stage = flags.get('from');
    for (const source of paths) {
      const into = destination.endsWith('/') ? `${target}/` : target;
      if (stage === undefined) this.#copyFromContext(source, into);
      else copy(join(this.#stages.get(stage)!.image.root, source), into);
    }
    const owner = flags.get('chown');
    if (owner === undefined) return;
    const [program = '', ...parameters] = [...asRoot(), 'chown', '-R', owner, target];
    execFileSync(program, parameters);
  }

  #copyFromContext(source: string, target: string): void {
    const { context } = this.#options;
    const ignore = new Dockerignore(readFileSync(join(context, '.dockerignore'), 'utf8'));
    const files = ignore.files(context).filter((path) => path === source || path.startsWith(`${source}/`));
    if (files.length === 0) throw new Error(`COPY ${source}: not in the build context`);
    for (const path of files) {
      if (path === source) copy(join(context, path), target);
      else copy(join(context, path), join(target, path.slice(source.length + 1)));
    }
  }
}

/** A folder's contents go into the target; a file becomes it, or goes into it where it ends in a slash. */
function copy(source: string, target: string): void {
  if (!existsSync(source)) throw new Error(`COPY ${source}: there is no such file`);
  const isFolder = statSync(source).isDirectory();
  const path = !isFolder && target.endsWith('/') ? join(target, basename(source)) : target;
  mkdirSync(isFolder ? path : dirname(path), { recursive: true });
  if (!isFolder) return cpSync(source, path);
  for (const entry of readdirSync(source))
    cpSync(join(source, entry), join(path, entry), { recursive: true, verbatimSymlinks: true });
}

function pairs(text: string): [string, string][] {
  return words(text).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]);
}

function noSettings(): Pick<Image, 'entrypoint' | 'command' | 'healthcheck' | 'volumes' | 'stopSignal' | 'exposed'> {
  return { entrypoint: [], command: [], healthcheck: [], volumes: [], stopSignal: '', exposed: '' };
}
