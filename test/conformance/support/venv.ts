import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Python of a virtual environment that `scripts/conformance-engines.sh` makes. Throws with what to do where it is missing. */
export function venvPython(name: 'openai' | 'litellm' | 'llama-cpp-python'): string {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice', 'conformance', name);
  if (existsSync(join(folder, 'complete'))) return join(folder, 'bin', 'python');
  throw new Error(`the Python environment "${name}" is not in ${folder}; run scripts/conformance-engines.sh to make it`);
}
