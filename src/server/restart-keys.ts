import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema.ts';
import { keepsSpend } from './keyed.ts';
import { usesEngine } from './models-from-config.ts';

const fixedServerKeys = [
  'host',
  'port',
  'maxBodyBytes',
  'maxHeaderBytes',
  'trustedProxies',
  'clientAddressHeader',
  'pathPrefix',
  'requestTimeoutMs',
  'keepAliveTimeoutMs',
  'shutdownTimeoutMs',
] as const;

/** Keys of a changed configuration that the running gateway cannot take over. */
export function keysThatNeedARestart(before: Config, after: Config): string[] {
  const server = fixedServerKeys.filter((key) => differs(before.server[key], after.server[key])).map((key) => `server.${key}`);
  const engine = (Object.keys(before.engine) as (keyof Config['engine'])[])
    .filter((key) => before.engine[key] !== after.engine[key])
    .map((key) => `engine.${key}`);
  const logging = before.logging.format === after.logging.format ? [] : ['logging.format'];
  const parts = (['database', 'redis', 'spend'] as const).filter((key) => differs(before[key], after[key]));
  const lease = before.limits.leaseMs === after.limits.leaseMs ? [] : ['limits.leaseMs'];
  const added = usesEngine(after) && !usesEngine(before) ? ['models (the embedded engine)'] : [];
  // The database is opened at the start: keys that come later are known, but what they spend is counted in this process only.
  const keyed = keepsSpend(after) && !keepsSpend(before) ? ['keys (the database that spend is written to)'] : [];
  return [...server, ...engine, ...logging, ...parts, ...lease, ...keyed, ...added];
}

/** Whether two values of a configuration are not the same; secrets are compared by what they hold. */
function differs(one: unknown, other: unknown): boolean {
  return !isDeepStrictEqual(one, other);
}
