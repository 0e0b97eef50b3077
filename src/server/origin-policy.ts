import { lookup } from 'node:dns/promises';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../errors.ts';
import type { OriginPolicy } from '../http/hooks/guard-origin.ts';
import { isLoopback } from './governance.ts';
import { isKeyed } from './keyed.ts';

/** Before anything is said about who could reach a name: it may be a slip. @throws GatewayError */
export async function refuseUnknownHost(host: string): Promise<void> {
  await lookup(host).catch((cause: unknown) => {
    const message = `${host} is no address of this machine: the name cannot be resolved; use 127.0.0.1, or 0.0.0.0 for all`;
    throw new GatewayError('internal_error', message, { cause });
  });
}

/** Who may address the gateway. An open one beyond loopback must be meant. @throws GatewayError */
export function originPolicy(config: Config, environment: Environment): OriginPolicy {
  const { auth, cors, server } = config;
  const common = { corsOrigins: cors.origins, isKeyed: isKeyed(config, environment) };
  if (common.isKeyed) return { ...common, allowedHosts: null };
  if (isLoopback(server.host)) {
    return { ...common, allowedHosts: [server.host, ...server.allowedHosts].map((host) => host.toLowerCase()) };
  }
  if (auth === 'none' || environment.isOpen) return { ...common, allowedHosts: null };
  throw new GatewayError(
    'internal_error',
    `listening on ${server.host} without any key would let everyone in; set a master key (SLUICE_MASTER_KEY), ` +
      'listen on 127.0.0.1, or say that this is meant: auth: none in the configuration, or SLUICE_AUTH=none',
  );
}
