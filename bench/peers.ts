import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectorKinds } from '../src/guardrails/detectors/index.ts';
import { litellmFolder, litellmVersion, npmVersion, portkeyFolder } from './peer-installs.ts';
import type { Launch } from './site.ts';

/** What a peer's start needs: its own port, the mock's, a folder for generated files, and flags for Node where it is ours. */
type Place = { port: number; mockPort: number; folder: string; nodeFlags: string[]; services: Services | undefined };

/** Real servers beside the peers. */
export type Services = { redisUrl: string; databaseUrl: string };

/** Something that stands between client and mock. */
export type Peer = {
  name: string;
  /** Undefined where it is not installed. */
  version: () => string | undefined;
  /** Undefined for `direct`, which is the mock itself. */
  launch: ((place: Place) => Launch) | undefined;
  /** Headers that its requests carry besides the common ones. */
  headers?: (mockPort: number) => Record<string, string>;
  /** Whether it needs Redis and PostgreSQL. */
  needsServices?: true;
};

const root = join(import.meta.dirname, '..');

const direct: Peer = { name: 'direct', version: () => 'the mock itself', launch: undefined };

const nginx: Peer = {
  name: 'nginx',
  version: () => /nginx\/([\d.]+)/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr ?? '')?.[1],
  launch: (place) => {
    const config = join(place.folder, 'nginx.conf');
    writeFileSync(config, nginxConfig(place));
    const test = spawnSync('nginx', ['-t', '-q', '-c', config, '-e', 'stderr'], { encoding: 'utf8' });
    if (test.status !== 0) throw new Error(`nginx refuses the generated configuration:\n${test.stderr}`);
    return { command: 'nginx', args: ['-c', config, '-e', 'stderr'] };
  },
};

const skeleton: Peer = {
  name: 'skeleton',
  version: () => `fastify ${npmVersion(root, 'fastify')} + undici ${npmVersion(root, 'undici')}`,
  launch: ({ nodeFlags, port, mockPort }) => ({
    command: process.execPath,
    args: [...nodeFlags, join(root, 'bench/skeleton.ts'), String(port), `http://127.0.0.1:${mockPort}`],
  }),
};

const sluice: Peer = {
  name: 'sluice',
  version: () => spawnSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).stdout.trim() || 'no git',
  launch: ({ nodeFlags, port, mockPort, folder }) => {
    const config = join(folder, 'sluice.yaml');
    writeFileSync(config, sluiceConfig(mockPort));
    return {
      command: process.execPath,
      args: [...nodeFlags, join(root, 'bin/sluice.js'), 'serve', '--config', config, '--port', String(port)],
    };
  },
};

/** A key with every kind of limit, prices, and the ledger in PostgreSQL; limits are counted in the process, or in Redis. */
function governed(name: string, usesRedis: boolean): Peer {
  return {
    name,
    version: sluice.version,
    needsServices: true,
    headers: () => ({ authorization: `Bearer ${benchKey}` }),
    launch: ({ nodeFlags, port, mockPort, folder, services }) => {
      const config = join(folder, `${name}.yaml`);
      writeFileSync(config, governedConfig(mockPort, services, usesRedis));
      return {
        command: process.execPath,
        args: [...nodeFlags, join(root, 'bin/sluice.js'), 'serve', '--config', config, '--port', String(port)],
        env: { SLUICE_DATA: folder },
      };
    },
  };
}

/** As `sluice`, with all built-in detectors on prompts and answers. */
const guarded: Peer = {
  name: 'sluice-guarded',
  version: sluice.version,
  launch: ({ nodeFlags, port, mockPort, folder }) => {
    const config = join(folder, 'guarded.yaml');
    const kinds = detectorKinds({ defaultsOnly: true }).map((kind) => `{ kind: ${kind}, action: mask }`);
    const guardrail = `{ name: pii, kind: pii, mode: both, detectors: [${kinds.join(', ')}] }`;
    writeFileSync(config, `${sluiceConfig(mockPort)}guardrails: [${guardrail}]\n`);
    return {
      command: process.execPath,
      args: [...nodeFlags, join(root, 'bin/sluice.js'), 'serve', '--config', config, '--port', String(port)],
    };
  },
};

const benchKey = 'sk-bench-0123456789abcdef';

const portkey: Peer = {
  name: 'portkey',
  version: () => npmVersion(portkeyFolder, '@portkey-ai/gateway'),
  launch: ({ port }) => ({
    command: process.execPath,
    args: [join(portkeyFolder, 'node_modules/@portkey-ai/gateway/build/start-server.js'), `--port=${port}`, '--headless'],
  }),
  headers: (mockPort) => ({ 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `http://127.0.0.1:${mockPort}/v1` }),
};

const litellm: Peer = {
  name: 'litellm',
  version: litellmVersion,
  launch: ({ port, mockPort, folder }) => {
    const config = join(folder, 'litellm.yaml');
    writeFileSync(config, litellmConfig(mockPort));
    return {
      command: join(litellmFolder, 'bin/litellm'),
      args: ['--config', config, '--host', '127.0.0.1', '--port', String(port), '--num_workers', '1'],
      env: { LITELLM_LOG: 'ERROR', LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
    };
  },
};

/** Every peer, in the order of the tables. */
export const peers: readonly Peer[] = [
  direct,
  nginx,
  skeleton,
  sluice,
  governed('sluice-limits', false),
  governed('sluice-governed', true),
  guarded,
  portkey,
  litellm,
];

function sluiceConfig(mockPort: number): string {
  return `logging: { level: info }
models:
  - name: bench-model
    backends:
      - { provider: openai, baseUrl: "http://127.0.0.1:${mockPort}/v1", apiKey: bench, model: bench-model }
`;
}

/** As `sluiceConfig`, with every duty on; the limits are out of reach. */
function governedConfig(mockPort: number, services: Services | undefined, usesRedis: boolean): string {
  if (services === undefined) throw new Error('Redis and PostgreSQL are not there');
  return `logging: { level: info }
database: { url: "${services.databaseUrl}" }
${usesRedis ? `redis: { url: "${services.redisUrl}" }` : ''}
limits: { ip: { requestsPerMinute: 1000000000 }, global: { maxParallel: 100000 } }
keys:
  - key: ${benchKey}
    alias: bench
    limits:
      requestsPerMinute: 1000000000
      tokensPerMinute: 1000000000000
      maxParallel: 10000
      budgetUsd: 1000000
      budgetPeriod: 30d
models:
  - name: bench-model
    maxOutputTokens: 256
    price: { inputUsdPerMillionTokens: 0.15, outputUsdPerMillionTokens: 0.6 }
    limits: { requestsPerMinute: 1000000000 }
    backends:
      - { provider: openai, baseUrl: "http://127.0.0.1:${mockPort}/v1", apiKey: bench, model: bench-model }
`;
}

function litellmConfig(mockPort: number): string {
  return `model_list:
  - model_name: bench-model
    litellm_params: { model: openai/bench-model, api_base: "http://127.0.0.1:${mockPort}/v1", api_key: bench }
litellm_settings: { telemetry: false }
`;
}

/** One worker with kept-alive connections on both sides; root's nginx would hand its worker to a user that cannot write to our folder. */
function nginxConfig({ port, mockPort, folder }: Place): string {
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/nginx-body;
  proxy_temp_path ${folder}/nginx-proxy;
  fastcgi_temp_path ${folder}/nginx-fastcgi;
  uwsgi_temp_path ${folder}/nginx-uwsgi;
  scgi_temp_path ${folder}/nginx-scgi;
  keepalive_requests 1000000000;
  upstream mock { server 127.0.0.1:${mockPort}; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}
