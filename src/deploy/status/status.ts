import { GatewayError } from '../../errors.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Aws } from '../aws/clients.ts';
import { describeAwsError } from '../aws/describe-error.ts';
import type { Names } from '../names.ts';
import { readStateOutputs, textOutput } from '../state-outputs.ts';
import type { Target } from '../target.ts';
import { apiStatus, endpointHealth, type ApiStatus, type HealthStatus } from './api.ts';
import { fleetStatus, type GroupStatus } from './fleet.ts';

/** How a deployment is. What could not be asked is null, with the reason in `problems`. */
export interface DeploymentStatus {
  /** Outputs of the topology; null: no state. */
  outputs: Readonly<Record<string, unknown>> | null;
  api: ApiStatus | null;
  /** Null: no endpoint is known. */
  health: HealthStatus | null;
  fleet: GroupStatus | null;
  standby: GroupStatus | null;
  problems: readonly string[];
}

export interface StatusOptions {
  aws: Aws;
  target: Target;
  names: Names;
  transport: Transport;
  now: () => number;
}

/** Asks for everything side by side; that one thing cannot be asked does not hide the others. */
export async function deploymentStatus({ aws, target, names, transport, now }: StatusOptions): Promise<DeploymentStatus> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, action: () => Promise<T>): Promise<T | null> => {
    try {
      return await action();
    } catch (error) {
      const failure = describeAwsError(error, aws.region);
      const isOurs = error instanceof GatewayError;
      // Without credentials or a network all of them fail for the same reason, which the caller tells once.
      if (failure !== undefined ? !['denied', 'missing', 'throttled', 'other'].includes(failure.kind) : !isOurs) throw error;
      problems.push(`${what}: ${failure?.message ?? (error as Error).message}`);
      return null;
    }
  };
  const [outputs, api, groups] = await Promise.all([
    attempt('state', () => readStateOutputs(aws, names.stateBucket, target.stateKey)),
    attempt('API', () => apiStatus(aws, target)),
    attempt('hosts', () => fleetStatus(aws, names)),
  ]);
  const endpoint = textOutput(outputs, 'api_endpoint') ?? api?.endpoint;
  const health = endpoint === undefined ? null : await endpointHealth(transport, endpoint, now);
  return {
    outputs,
    api: api === null || endpoint === undefined ? api : { ...api, endpoint },
    health,
    fleet: groups?.fleet ?? null,
    standby: groups?.standby ?? null,
    problems,
  };
}

/** Whether anything of the deployment is there. */
export const isDeployed = ({ outputs, api, fleet }: DeploymentStatus): boolean =>
  api !== null || fleet !== null || Object.keys(outputs ?? {}).length > 0;
