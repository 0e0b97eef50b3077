import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../../errors.ts';
import { zip, type ZipEntry } from './zip.ts';

/** What the image is built from. */
export interface SourceArchive {
  zip: Buffer;
  /** 40 hex digits made from paths and contents: the same files are the same revision, whether they are committed or not. */
  revision: string;
  fileCount: number;
}

/** What the build needs besides what .dockerignore lets in. */
const recipe = ['Dockerfile', '.dockerignore'];

/** Packs what `.dockerignore` of a checkout lets into the image, and the recipe. @throws GatewayError `not_found`: this is no checkout */
export async function packSource(checkout: string): Promise<SourceArchive> {
  const rules = parseIgnore(await readRules(checkout));
  const paths = (await Promise.all(rules.included.map((path) => filesBelow(checkout, path, rules)))).flat();
  const entries = await Promise.all([...new Set([...recipe, ...paths])].sort().map((path) => readEntry(checkout, path)));
  const hash = createHash('sha256');
  for (const { path, content, isExecutable } of entries) {
    hash.update(`${path}\0${isExecutable ? 'x' : '-'}\0${content.length}\0`).update(content);
  }
  return { zip: zip(entries), revision: hash.digest('hex').slice(0, 40), fileCount: entries.length };
}

interface Rules {
  included: readonly string[];
  isExcluded(path: string): boolean;
}

/** Our .dockerignore is of one form: `*`, then what is let in (`!path`), then what is kept out of that again. */
function parseIgnore(text: string): Rules {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && line !== '*');
  const excluded = lines.filter((line) => !line.startsWith('!')).map(patternOf);
  return {
    included: lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
    isExcluded: (path) => excluded.some((pattern) => pattern.test(path)),
  };
}

/** `**` is any number of folders, `*` anything but a slash; what lies below a match matches as well. */
function patternOf(line: string): RegExp {
  const escaped = line.replaceAll(/[.+^${}()|[\]\\?]/g, String.raw`\$&`);
  const body = escaped.replaceAll('**/', '\0').replaceAll('*', '[^/]*').replaceAll('\0', '(?:.*/)?');
  return new RegExp(`^${body}(?:/|$)`);
}

async function readRules(checkout: string): Promise<string> {
  try {
    await lstat(join(checkout, 'Dockerfile'));
    return await readFile(join(checkout, '.dockerignore'), 'utf8');
  } catch (cause) {
    throw new GatewayError(
      'not_found',
      `${checkout} has no Dockerfile and .dockerignore: the image is built from a checkout of the sources, so run this in one`,
      {
        cause,
      },
    );
  }
}

async function filesBelow(checkout: string, path: string, rules: Rules): Promise<string[]> {
  if (rules.isExcluded(path)) return [];
  const found = await lstat(join(checkout, path)).catch(() => undefined);
  if (found?.isFile() === true) return [path];
  if (found?.isDirectory() !== true) return [];
  const names = await readdir(join(checkout, path));
  return (await Promise.all(names.map((name) => filesBelow(checkout, `${path}/${name}`, rules)))).flat();
}

async function readEntry(checkout: string, path: string): Promise<ZipEntry> {
  const [content, { mode }] = await Promise.all([readFile(join(checkout, path)), lstat(join(checkout, path))]);
  return { path, content, isExecutable: (mode & 0o100) !== 0 };
}
