import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { backendKinds, type BackendKind } from './backends.ts';
import { answers, Program } from './process.ts';
import { Witness } from './witness.ts';

/** What a test talks to. */
export interface Bench {
  backend: BackendKind;
  /** Base URL for clients, with `/v1`. */
  baseUrl: () => string;
  witness: () => Witness;
}

const binary = fileURLToPath(new URL('../../../bin/sluice.js', import.meta.url));

const engineThatIsDown = {
  name: 'down',
  backends: [{ provider: 'openai', baseUrl: 'http://127.0.0.1:1/v1' }],
};

/** Runs tests against the real gateway as a process, once for each backend. After each test nothing may have been wrong on the wire. */
export function overBackends(tests: (bench: Bench) => void): void {
  describe.each(backendKinds())('over $name', (backend) => {
    let directory = '';
    let gateway: Program | undefined;
    let witness: Witness | undefined;
    let stopBackend = async () => {};

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sluice-conformance-'));
      const { config, stop } = await backend.start(directory);
      config['models'] = [...(config['models'] as unknown[]), engineThatIsDown];
      stopBackend = stop;
      gateway = await startGateway(directory, config);
      witness = await Witness.start(await gatewayUrl(gateway));
    });

    afterEach(async () => expect(await witness?.takeProblems()).toEqual([]));

    afterAll(async () => {
      await witness?.close();
      await gateway?.stop();
      await stopBackend();
      await rm(directory, { recursive: true, force: true });
    });

    const present = (): Witness => {
      if (witness === undefined) throw new Error('the gateway did not start');
      return witness;
    };
    tests({ backend, baseUrl: () => `${present().url}/v1`, witness: present });
  });
}

/** Starts `sluice serve` with a configuration, and waits until it can answer. */
async function startGateway(directory: string, config: Record<string, unknown>): Promise<Program> {
  const path = join(directory, 'sluice.yaml');
  // JSON is YAML.
  await writeFile(path, JSON.stringify({ server: { port: 0 }, logging: { format: 'json' }, ...config }));
  const gateway = new Program('sluice', [process.execPath, binary, 'serve', '--config', path], { SLUICE_DATA: directory });
  const url = await gatewayUrl(gateway);
  await gateway.until('a model is ready', 60_000, () => answers(`${url}/health`));
  return gateway;
}

function gatewayUrl(gateway: Program): Promise<string> {
  return gateway.until('it listens', 30_000, () => /"url":"(http[^"]+)"/.exec(gateway.output)?.[1] ?? null);
}
