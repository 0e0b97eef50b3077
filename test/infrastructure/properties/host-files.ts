import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import type { EmfSettings } from '../../../src/telemetry/emf.ts';
import { resourcesOf, type PlanJson } from './plan.ts';

/** What a launch template tells its hosts: files by their paths, and the variables of `/etc/llm/host.env`. */
export interface HostFiles {
  files: ReadonlyMap<string, string>;
  variables: Readonly<Record<string, string>>;
}

interface CloudConfig {
  write_files: { path: string; content: string; append?: boolean }[];
}

/** As much of the gateway's configuration as must agree with what stands around it. */
export interface GatewayConfig {
  server: { clientAddressHeader?: string; pathPrefix?: string; keepAliveTimeoutMs?: number; shutdownTimeoutMs?: number };
  metrics?: { emf?: EmfSettings };
  gpuProbe?: { path: string };
  keysFile?: string;
  limits?: { ip?: { requestsPerMinute?: string | number } };
  models?: {
    name: string;
    aliases?: string[];
    promptFormat?: string;
    contextTokens?: string | number;
    backends: { baseUrl: string; model: string }[];
  }[];
}

/** Reads the user data of a template, packed or not. Throws when the plan does not know them, or has no such template. */
export function hostFilesOf(plan: PlanJson, address: string): HostFiles {
  const template = resourcesOf(plan, 'aws_launch_template').find((resource) => resource.address === address);
  const packed = Buffer.from(String(template?.values['user_data']), 'base64');
  const config = parse(gunzipSync(packed).toString('utf8')) as CloudConfig;
  const files = new Map<string, string>();
  for (const { path, content, append = false } of config.write_files)
    files.set(path, append ? `${files.get(path) ?? ''}${content}` : content);
  const lines = (files.get('/etc/llm/host.env') ?? '').split('\n').filter((line) => line.includes('='));
  const variables = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
  return { files, variables: Object.fromEntries(variables) };
}

/** The fleet's hosts. */
export const gpuHosts = 'module.gpu_fleet.aws_launch_template.this';
/** The standby responder. */
export const standbyHosts = 'module.standby[0].aws_launch_template.this';

/** The gateway's configuration on a GPU host, with the host's variables in it. */
export function gatewayConfigOf({ files, variables }: HostFiles): GatewayConfig {
  const text = files.get('/etc/llm/sluice.yaml') ?? '';
  return parse(text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => variables[name] ?? '0')) as GatewayConfig;
}

/** What a unit's line says, such as seconds of `TimeoutStopSec`. NaN: it has no such line with a number. */
export function secondsOf({ files }: HostFiles, unit: string, key: string): number {
  const text = files.get(`/etc/systemd/system/${unit}`) ?? '';
  return Number(new RegExp(`^${key}=(\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}
