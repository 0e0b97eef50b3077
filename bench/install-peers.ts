/**
 * Installs Portkey and LiteLLM for the bench into the user's cache (or where SLUICE_BENCH_PORTKEY and SLUICE_BENCH_LITELLM say), never into
 * the repository: `node bench/install-peers.ts`. Needs npm, python3 with venv, about 700 MB and the public registries.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { litellmFolder, litellmRequirement, litellmVersion, npmVersion, portkeyFolder, portkeyPackage } from './peer-installs.ts';

mkdirSync(portkeyFolder, { recursive: true });
writeFileSync(join(portkeyFolder, 'package.json'), JSON.stringify(portkeyPackage, undefined, 2));
execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: portkeyFolder, stdio: 'inherit' });

execFileSync('python3', ['-m', 'venv', litellmFolder], { stdio: 'inherit' });
execFileSync(join(litellmFolder, 'bin/pip'), ['install', '--quiet', litellmRequirement], { stdio: 'inherit' });

process.stdout.write(`portkey ${npmVersion(portkeyFolder, '@portkey-ai/gateway')} in ${portkeyFolder}\n`);
process.stdout.write(`litellm ${litellmVersion()} in ${litellmFolder}\n`);
