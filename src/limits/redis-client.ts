import type { Redis } from 'ioredis';
import { readScript, renewScript } from './lease-script.ts';
import { reserveScript } from './reserve-script.ts';
import { settleScript } from './settle-script.ts';

type Arguments = readonly (string | number)[];

/** A connection that knows the scripts of the limiter; each takes the number of its keys, the keys, the arguments. */
export interface RedisClient extends Redis {
  reserveLimits(...keysAndArguments: Arguments): Promise<number[]>;
  settleLimits(...keysAndArguments: Arguments): Promise<number[]>;
  renewLimits(...keysAndArguments: Arguments): Promise<number>;
  readLimits(...keysAndArguments: Arguments): Promise<number[]>;
}

/** How long a command, or a connection, may take before Redis counts as away. */
export interface RedisTimeouts {
  commandTimeoutMs: number;
}

/**
 * A client that connects in the background and reconnects for ever. While there is no connection commands fail at once; nothing is ever sent
 * twice. `rediss://` is TLS. Loads the driver: nobody without Redis pays for it.
 */
export async function openRedis(url: string, { commandTimeoutMs }: RedisTimeouts): Promise<RedisClient> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    lazyConnect: true,
    commandTimeout: commandTimeoutMs,
    connectTimeout: Math.max(1000, commandTimeoutMs),
    disconnectTimeout: 1,
    // It would need the right to ask INFO; a server that is still loading refuses the probe.
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    protocol: 2,
    disableClientInfo: true,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1000),
  });
  // Every failure reaches the command that it failed; without a listener the driver prints them too.
  client.on('error', () => {});
  client.defineCommand('reserveLimits', { lua: reserveScript });
  client.defineCommand('settleLimits', { lua: settleScript });
  client.defineCommand('renewLimits', { lua: renewScript });
  client.defineCommand('readLimits', { lua: readScript });
  return client as RedisClient;
}
