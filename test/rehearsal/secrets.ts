import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Files of a folder that hold one of the texts; plan files, which are archives, are looked into. Provider packages are left out. */
export async function filesWith(texts: readonly string[], folder: string, python: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.includes('/providers/')) continue;
    if ((await holds(path, texts)) || (path.endsWith('.tfplan') && (await archiveHolds(path, texts, python)))) found.push(path);
  }
  return found;
}

/** A text and what base64 makes of it somewhere inside of a longer one, by the place that it begins at; the ends mix with their neighbours. */
function formsOf(text: string): string[] {
  const encoded = [0, 1, 2].map((before) => Buffer.from(' '.repeat(before) + text).toString('base64'));
  return [text, ...encoded.map((form, before) => form.slice(before === 0 ? 0 : before + 1, -4))];
}

async function holds(path: string, texts: readonly string[]): Promise<boolean> {
  const content = await readFile(path);
  return texts.flatMap(formsOf).some((form) => content.includes(form));
}

async function archiveHolds(path: string, texts: readonly string[], python: string): Promise<boolean> {
  const folder = await mkdtemp(`${path}-`);
  try {
    await run(python, ['-m', 'zipfile', '--extract', path, folder]);
    return (await filesWith(texts, folder, python)).length > 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
