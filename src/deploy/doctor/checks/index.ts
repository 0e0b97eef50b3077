import type { Check } from '../check.ts';
import { chatCheck, completionCheck } from './answers-whole.ts';
import { chatStreamCheck, completionStreamCheck } from './answers-streamed.ts';
import { corsAnswersCheck, corsPreflightCheck } from './cors.ts';
import { deadlineCheck } from './deadline.ts';
import { errorEnvelopeCheck, requestIdCheck } from './every-answer.ts';
import { healthCheck } from './health.ts';
import { limitEndsCheck, rateLimitCheck, spoofedAddressCheck } from './limits.ts';
import { modelsCheck } from './models.ts';
import { reachableCheck } from './reachable.ts';
import {
  badJsonCheck,
  badSchemaCheck,
  unknownModelCheck,
  unknownRouteCheck,
  wrongKeyCheck,
  wrongMethodCheck,
} from './refusals.ts';

/** Every clause of the public contract, in the order in which they are asked: first whether anything answers, last what holds for all answers. */
export const contractChecks: readonly Check[] = [
  reachableCheck,
  healthCheck,
  modelsCheck,
  completionCheck,
  chatCheck,
  completionStreamCheck,
  chatStreamCheck,
  badJsonCheck,
  badSchemaCheck,
  wrongKeyCheck,
  unknownRouteCheck,
  unknownModelCheck,
  wrongMethodCheck,
  corsPreflightCheck,
  corsAnswersCheck,
  deadlineCheck,
  requestIdCheck,
  errorEnvelopeCheck,
  // These take the caller's minute.
  rateLimitCheck,
  spoofedAddressCheck,
  limitEndsCheck,
];
