import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Portkey's gateway as npm has it; without the overrides its streams answer 500. */
export const portkeyPackage = {
  private: true,
  dependencies: { '@portkey-ai/gateway': '1.15.2' },
  overrides: { hono: '4.9.7', '@hono/node-server': '1.13.5' },
};

/** LiteLLM as PyPI has it. */
export const litellmRequirement = 'litellm[proxy]==1.102.4';

/** These were published by an attacker; nobody may run them. */
const maliciousLitellm = ['1.82.7', '1.82.8'];

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sluice-bench');

/** Where Portkey (a folder with node_modules) and LiteLLM (a venv) are or will be installed. */
export const portkeyFolder = process.env['SLUICE_BENCH_PORTKEY'] ?? join(cache, 'portkey');
export const litellmFolder = process.env['SLUICE_BENCH_LITELLM'] ?? join(cache, 'litellm');

/** The version of an npm package in a folder's node_modules; undefined where it is not installed. */
export function npmVersion(folder: string, name: string): string | undefined {
  const path = join(folder, 'node_modules', name, 'package.json');
  if (!existsSync(path)) return undefined;
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

/** The version of LiteLLM in its venv; undefined where it is not installed. Throws on a version that must not run. */
export function litellmVersion(): string | undefined {
  const [info] = globSync(join(litellmFolder, 'lib/python3*/site-packages/litellm-*.dist-info'));
  const version = /litellm-([\d.]+)\.dist-info$/.exec(info ?? '')?.[1];
  if (version !== undefined && maliciousLitellm.includes(version))
    throw new Error(`litellm ${version} is malicious: remove ${litellmFolder}`);
  return version;
}
