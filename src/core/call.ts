import type { GuardSession } from '../guardrails/guard-session.ts';
import type { InferenceRequest } from '../providers/provider.ts';
import type { InferenceRecord } from '../telemetry/record.ts';
import type { Admitted, Asker } from './admission.ts';
import type { Client } from './client.ts';
import type { Backend } from './model-table.ts';

/** One request on its way through the gateway. */
export interface Call {
  request: InferenceRequest;
  client: Client;
  asker: Asker;
  record: InferenceRecord;
  /** When it arrived, by the same clock as `now`. */
  receivedAtMs: number;
}

/** A call that was admitted. */
export interface Running extends Call {
  admitted: Admitted;
  guard: GuardSession | null;
  /** The backend that was tried last. */
  backend: Backend | null;
  /** A backend has answered: whatever fails from then on is no fault of it, and is not mended by asking, and paying, another. */
  isAnswered: boolean;
}
