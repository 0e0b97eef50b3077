/** What `docker create` is told of a container. */
export interface ContainerArguments {
  name: string;
  image: string;
  entrypoint: string | null;
  /** What follows the image's name. */
  parameters: string[];
  environmentFiles: string[];
  environment: string[];
  mounts: { source: string; target: string; isWritable: boolean }[];
  /** Ports as `host:container`, or `address:host:container`. */
  published: string[];
  /** Folders that stay writable, without the options after the colon. */
  temporary: string[];
  user: string | null;
  isReadOnly: boolean;
}

/** Options that change nothing of what a process sees, as far as this machine can show. */
const ignored = new Set([
  'log-driver',
  'log-opt',
  'network',
  'cap-drop',
  'security-opt',
  'memory',
  'pids-limit',
  'oom-score-adj',
  'gpus',
  'device',
  'ipc',
  'pull',
]);

/** Reads what stands after `docker create`. An option that is not known here is an error: a stand-in that passes over it would prove nothing. */
export function readCreate(words: readonly string[]): ContainerArguments {
  const read: ContainerArguments = {
    name: '',
    image: '',
    entrypoint: null,
    parameters: [],
    environmentFiles: [],
    environment: [],
    mounts: [],
    published: [],
    temporary: [],
    user: null,
    isReadOnly: false,
  };
  let at = 0;
  for (; words[at]?.startsWith('--') === true; at++) {
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/.exec(words[at] ?? '') ?? [];
    if (name === 'read-only') read.isReadOnly = true;
    else take(read, name, inline ?? words[++at] ?? '');
  }
  const [image = '', ...parameters] = words.slice(at);
  if (image === '' || read.name === '') throw new Error('docker create: no image, or no name');
  return { ...read, image, parameters };
}

function take(read: ContainerArguments, name: string, value: string): void {
  if (name === 'name') read.name = value;
  else if (name === 'entrypoint') read.entrypoint = value;
  else if (name === 'user') read.user = value;
  else if (name === 'env') read.environment.push(value);
  else if (name === 'env-file') read.environmentFiles.push(value);
  else if (name === 'publish') read.published.push(value);
  else if (name === 'tmpfs') read.temporary.push(value.split(':')[0] ?? '');
  else if (name === 'mount') read.mounts.push(mountOf(value));
  else if (!ignored.has(name)) throw new Error(`docker create: --${name} is not known to this stand-in`);
}

function mountOf(text: string): ContainerArguments['mounts'][number] {
  const fields = new Map(text.split(',').map((part): [string, string] => [part.split('=')[0] ?? '', part.split('=')[1] ?? '']));
  if (fields.get('type') !== 'bind') throw new Error(`docker create: only bind mounts are known to this stand-in: ${text}`);
  return { source: fields.get('source') ?? '', target: fields.get('target') ?? '', isWritable: !fields.has('readonly') };
}
