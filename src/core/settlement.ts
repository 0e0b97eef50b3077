import { catalogue } from '../errors.ts';
import { costOf, type Price } from '../money/price.ts';
import type { Operation } from '../providers/provider.ts';
import type { InferenceRecord } from '../telemetry/record.ts';
import type { JsonObject } from '../wire/parse.ts';
import type { Admission, Admitted, Asker } from './admission.ts';
import { estimateTokens, promptText } from './prompt-text.ts';
import type { SpendSink } from './spend.ts';

interface SettlementDependencies {
  admission: Admission;
  ledger: () => SpendSink | null;
  /** The clock of `receivedAtMs`. */
  now: () => number;
  /** Unix milliseconds. */
  wallNow: () => number;
  newId: () => string;
}

/** What settlement needs to know of a call. */
export interface SettledCall {
  request: { operation: Operation; body: JsonObject };
  client: { readonly requestId: string };
  asker: Asker;
  record: InferenceRecord;
  receivedAtMs: number;
}

const noUsage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, isEstimated: false };

/** The end of a request: what it has used is priced once, given to the limits and written to the ledger. */
export class Settlement {
  readonly #deps: SettlementDependencies;

  constructor(dependencies: SettlementDependencies) {
    this.#deps = dependencies;
  }

  /** Settles a call. Call it exactly once, whatever became of it. */
  settle(call: SettledCall, admitted: Admitted, price: Price | null): void {
    const { record, asker, request } = call;
    if (record.usage === null && record.isClientGone && record.attempts > 0) {
      // The upstream had read the prompt when the client left; what it wrote since nobody has seen.
      const promptTokens = estimateTokens(promptText(request.body));
      record.usage = { promptTokens, completionTokens: 0, cachedTokens: 0, isEstimated: true };
    }
    const usage = record.usage ?? noUsage;
    const costNanoUsd = record.usage === null || price === null ? 0 : costOf(price, usage);
    const { admission } = this.#deps;
    admission.settle(admitted, { tokens: usage.promptTokens + usage.completionTokens, costNanoUsd });
    if (asker.access.keyHash !== null) {
      const { spentNanoUsd, maxNanoUsd } = admission.keyBudget(admitted, asker.access);
      record.keySpendNanoUsd = spentNanoUsd;
      record.keyMaxBudgetNanoUsd = maxNanoUsd;
    }
    record.costNanoUsd = costNanoUsd;
    if (record.attempts > 0) this.#write(call, admitted, costNanoUsd);
  }

  #write({ request, client, asker, record, receivedAtMs }: SettledCall, admitted: Admitted, costNanoUsd: number): void {
    const { ledger, now, wallNow, newId } = this.#deps;
    const sink = ledger();
    if (sink === null) return;
    const { access } = asker;
    const usage = record.usage ?? noUsage;
    const endedAtMs = wallNow();
    sink.append({
      id: admitted.reservation?.input.id ?? newId(),
      requestId: client.requestId,
      startedAtMs: endedAtMs - (now() - receivedAtMs),
      endedAtMs,
      firstByteMs: record.firstByteMs,
      keyHash: access.keyHash,
      keyAlias: access.keyAlias,
      userId: access.userId,
      teamId: access.teamId,
      customerId: asker.customerId,
      tags: access.tags,
      operation: request.operation,
      isStreaming: record.isStreaming,
      originalModel: record.originalModel ?? '',
      model: record.requestModel ?? '',
      responseModel: record.responseModel ?? '',
      backend: record.backend ?? '',
      provider: record.provider ?? '',
      promptTokens: usage.promptTokens,
      completionTokens: usage.completionTokens,
      cachedTokens: usage.cachedTokens,
      isEstimated: usage.isEstimated,
      costNanoUsd,
      httpStatus: statusOf(record),
      errorCode: record.errorCode,
      ip: asker.ip,
      charges: admitted.charges,
    });
  }
}

function statusOf({ errorCode, isClientGone, firstByteMs }: InferenceRecord): number {
  if (isClientGone && firstByteMs === null) return 499;
  return errorCode === null ? 200 : catalogue[errorCode].status;
}
