import { GatewayError } from '../errors.ts';
import type { OutboundRequest } from '../transport/transport.ts';
import { webhookAnswer, type WebhookAnswer, type WebhookRequest } from '../wire/guardrail-webhook.ts';
import type { WebhookSettings } from './settings.ts';

/** The one thing that webhooks need of the transport. */
export interface Collects {
  collect(
    request: OutboundRequest,
    limits: { timeoutMs: number; limitBytes: number },
  ): { readonly answer: Promise<{ status: number; body: Buffer }> };
}

/**
 * A guardrail outside that gave no answer: 503 for the client, who may try again. The gateway does not, since neither the model nor its backend
 * is at fault.
 */
class WebhookFailure extends GatewayError {
  override get isRetryable(): boolean {
    return false;
  }
}

const largestAnswerBytes = 64 * 1024 * 1024;

/**
 * Asks a guardrail outside the gateway.
 * @throws GatewayError `service_unavailable` where it gives no answer in time, or none that can be read
 */
export async function askWebhook(
  transport: Collects,
  settings: WebhookSettings,
  question: WebhookRequest,
): Promise<WebhookAnswer> {
  const { url, headers, timeoutMs, name } = settings;
  const failed = (cause: unknown) =>
    new WebhookFailure('service_unavailable', `guardrail "${name}" gave no answer, and without it nothing may pass; try again`, {
      cause,
      retryAfterMs: 2_000,
    });
  let answer: WebhookAnswer;
  try {
    const { status, body } = await transport.collect(
      {
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
        body: JSON.stringify(question),
      },
      { timeoutMs, limitBytes: largestAnswerBytes },
    ).answer;
    if (status !== 200) throw new Error(`the guardrail answered with status ${status}`);
    answer = webhookAnswer.parse(JSON.parse(body.toString('utf8')));
  } catch (cause) {
    throw failed(cause);
  }
  if (answer.verdict === 'rewrite' && answer.texts?.length !== question.texts.length)
    throw failed(new Error(`the guardrail got ${question.texts.length} texts and gave back ${answer.texts?.length ?? 0}`));
  return answer;
}
