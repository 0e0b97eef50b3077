import type { DetectorKind } from '../schema-guardrails.ts';
import type { GuardrailInput } from './guardrails.ts';
import type { Setting } from './setting.ts';

/** Presidio's entities that need no language model, by the kind that finds them here. */
const entities: Record<string, readonly DetectorKind[]> = {
  CREDIT_CARD: ['credit_card'],
  EMAIL_ADDRESS: ['email'],
  PHONE_NUMBER: ['phone'],
  US_SSN: ['us_ssn'],
  IBAN_CODE: ['iban'],
  IP_ADDRESS: ['ipv4', 'ipv6'],
  UK_NHS: ['uk_nhs'],
  UK_NINO: ['uk_nino'],
  ES_NIF: ['es_dni'],
  ES_NIE: ['es_nie'],
  IT_FISCAL_CODE: ['it_fiscal_code'],
  PL_PESEL: ['pl_pesel'],
  IN_AADHAAR: ['in_aadhaar'],
};
const known = new Set(['guardrail', 'mode', 'default_on', 'pii_entities_config', 'output_parse_pii']);
const services = new Set(['presidio_analyzer_api_base', 'presidio_anonymizer_api_base', 'presidio_language']);

/** `presidio`: entities with a pattern are found by our detectors, without its services; those that need a language model are refused. */
export function presidioInput(parameters: Setting): Partial<GuardrailInput> {
  for (const [key, setting] of parameters.entries()) {
    if (services.has(key)) setting.warn('Presidio is not asked: the entities are found here');
    else if (!known.has(key)) setting.refuse('is not known to presidio here');
  }
  const restores = parameters.child('output_parse_pii')?.boolean() ?? false;
  const config = parameters.child('pii_entities_config');
  if (config === undefined) {
    parameters.refuse(
      'needs pii_entities_config here: without it Presidio looks for names and places too, which needs a language model',
    );
    return {};
  }
  const detectors: NonNullable<GuardrailInput['detectors']> = [];
  for (const [name, setting] of config.entries()) {
    const kinds = entities[name];
    if (kinds === undefined) {
      const there = Object.keys(entities).join(', ');
      setting.refuse(
        `entity "${name}" is not found here; those that are: ${there}. Others can be had by a guardrail of kind webhook`,
      );
    } else if (setting.value !== 'MASK' && setting.value !== 'BLOCK') {
      setting.refuse('must be MASK or BLOCK');
    } else {
      const action = setting.value === 'BLOCK' ? 'block' : restores ? 'replace' : 'mask';
      detectors.push(...kinds.map((kind) => ({ kind, action }) as const));
    }
  }
  return { detectors };
}
