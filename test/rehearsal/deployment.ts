import { mockAccountId } from './mock-aws.ts';
import type { Artifacts } from './staged.ts';

/** Variables of the topology that the environment's file leaves to who deploys. */
export function gpuVariables(artifacts: Artifacts, more: readonly string[] = []): string[] {
  return [
    '-var-file=../../environments/gpu/dev.tfvars',
    `-var=account_id=${mockAccountId}`,
    `-var=artifacts=${JSON.stringify(artifacts)}`,
    ...more,
  ];
}
