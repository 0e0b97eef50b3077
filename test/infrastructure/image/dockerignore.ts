import { readdirSync } from 'node:fs';
import { join } from 'node:path';

interface Rule {
  isException: boolean;
  pattern: RegExp;
}

/** Which files of a folder a build context has under a .dockerignore: the last rule that matches a path, or a folder above it, decides. */
export class Dockerignore {
  readonly #rules: Rule[];

  constructor(source: string) {
    this.#rules = source
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const isException = line.startsWith('!');
        return { isException, pattern: toPattern(line.slice(isException ? 1 : 0).replace(/^\/|\/$/g, '')) };
      });
  }

  /** `path` is relative to the context, with slashes. */
  includes(path: string): boolean {
    const parts = path.split('/');
    const candidates = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    let isIncluded = true;
    for (const { isException, pattern } of this.#rules) {
      if (candidates.some((candidate) => pattern.test(candidate))) isIncluded = isException;
    }
    return isIncluded;
  }

  /** Paths of all files below `root` that the context has. */
  files(root: string): string[] {
    const found: string[] = [];
    const walk = (folder: string) => {
      for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        // Neither holds anything that could come back by an exception, and both are large.
        if (entry.name === 'node_modules' || entry.name === '.git') continue;
        if (entry.isDirectory()) walk(path);
        else if (this.includes(path)) found.push(path);
      }
    };
    walk('');
    return found;
  }
}

/** `*` and `?` stop at slashes, `**` does not; as in Go's filepath.Match with Docker's addition. */
function toPattern(glob: string): RegExp {
  const body = glob.replaceAll(/\*\*\/?|[*?]|[.+^${}()|\\]/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    return token === '?' ? '[^/]' : `\\${token}`;
  });
  return new RegExp(`^${body}$`);
}
