import type { Check } from '../check.ts';
import { accountCheck } from './account.ts';
import { apiLoggingRoleCheck } from './api-logging-role.ts';
import { certificateChecks } from './certificates.ts';
import { githubIdentityCheck } from './github-identity.ts';
import { imageChecks } from './images.ts';
import { lockTableCheck } from './lock-table.ts';
import { machineImageCheck } from './machine-image.ts';
import { namesFreeCheck } from './names-free.ts';
import { networkRangeCheck } from './network-range.ts';
import { offeringsCheck } from './offerings.ts';
import { permissionsCheck } from './permissions.ts';
import { buildQuotaCheck } from './quota-builds.ts';
import { countQuotaChecks } from './quota-counts.ts';
import { gpuQuotaChecks } from './quota-gpu.ts';
import { regionCheck } from './region.ts';
import { secretCheck } from './secret.ts';
import { serviceRolesCheck } from './service-roles.ts';
import { staleLockCheck } from './stale-lock.ts';
import { stateBucketCheck } from './state-bucket.ts';
import { variablesCheck } from './variables.ts';
import { weightsCheck } from './weights.ts';
import { zonesCheck } from './zones.ts';

/** Every check of the topology `gpu` that asks AWS, in the order in which they are shown. */
export const gpuChecks: readonly Check[] = [
  variablesCheck,
  accountCheck,
  regionCheck,
  permissionsCheck,
  githubIdentityCheck,
  ...gpuQuotaChecks,
  buildQuotaCheck,
  offeringsCheck,
  zonesCheck,
  machineImageCheck,
  ...certificateChecks,
  apiLoggingRoleCheck,
  serviceRolesCheck,
  ...countQuotaChecks,
  networkRangeCheck,
  namesFreeCheck,
  secretCheck,
  stateBucketCheck,
  lockTableCheck,
  staleLockCheck,
  weightsCheck,
  ...imageChecks,
];
