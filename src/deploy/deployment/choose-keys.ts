import { GatewayError } from '../../errors.ts';
import type { PlanSummary } from '../roots/plan-summary.ts';
import type { StateResource } from '../roots/state-resources.ts';
import { newApiKey } from './api-key.ts';

/** What a run does with the keys of a deployment. */
export interface ChosenKeys {
  /** Made in this run, and shown nowhere else. */
  newKey: string | null;
  /** The keys file to write; null: what is written stays. */
  file: string | null;
  /** Null: this topology asks for no key. */
  version: number | null;
}

export interface KeysQuestion {
  /** `api_key_required` of the environment. */
  isRequired: boolean;
  tfvarsPath: string;
  prefix: string;
  /** As `writtenVersion` finds it. */
  written: number | null;
  rotateKey: boolean;
  keysFile: string | undefined;
  randomBytes: (size: number) => Buffer;
}

/**
 * A key is made at the first deployment and when it is to be rotated; else the ones in force stay.
 * @throws GatewayError: keys are asked for where the topology has none
 */
export function chooseKeys(question: KeysQuestion): ChosenKeys {
  const { isRequired, tfvarsPath, prefix, written, rotateKey, keysFile, randomBytes } = question;
  if (rotateKey && keysFile !== undefined)
    throw new GatewayError('bad_request', '--rotate-key makes a key, and --keys-file brings some: give one of them');
  if (!isRequired) {
    if (!rotateKey && keysFile === undefined) return { newKey: null, file: null, version: null };
    throw new GatewayError('bad_request', `${tfvarsPath} asks for no API key: set api_key_required = true there first`);
  }
  const version = (written ?? 0) + 1;
  if (keysFile !== undefined) return { newKey: null, file: keysFile, version };
  if (written !== null && !rotateKey) return { newKey: null, file: null, version: written };
  const made = newApiKey(randomBytes(32), `${prefix}-${version}`);
  return { newKey: made.key, file: made.keysFile, version };
}

const secretVersion = { type: 'aws_secretsmanager_secret_version', name: 'api_keys' };

/** Version of the keys that lie in the secret; null: none were written, also if a run planned to and broke off before. */
export function writtenVersion(resources: readonly StateResource[] | null): number | null {
  const found = resources?.find(({ type, name }) => type === secretVersion.type && name === secretVersion.name);
  const version = found?.instances[0]?.['secret_string_wo_version'];
  return typeof version === 'number' ? version : null;
}

/**
 * A secret that is made anew is empty, and what it held cannot be read back: without keys to write nobody would be let in.
 * @throws GatewayError: the plan would write the secret, and there is nothing to write
 */
export function refuseEmptyKeys({ file, version }: ChosenKeys, { create, replace, update }: PlanSummary): void {
  const address = `${secretVersion.type}.${secretVersion.name}[0]`;
  if (version === null || file !== null || ![...create, ...replace, ...update].includes(address)) return;
  throw new GatewayError(
    'bad_request',
    'this plan would write the secret of API keys anew, and the keys in it are not known here: every client would be refused. ' +
      'Say --rotate-key for a new key, or give them with --keys-file. Nothing was changed',
  );
}
