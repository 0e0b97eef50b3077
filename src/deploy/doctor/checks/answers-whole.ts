import { asObject, firstOf, objectOf, requireShape, requireStatus, seconds, type JsonObject } from '../answers.ts';
import { pass, type Check } from '../check.ts';
import { chatPath, chatRequest, textPath, textRequest } from '../requests.ts';

/** `POST /v1/completions` answers in the form of the requirements: choices[0].text and usage. */
export const completionCheck: Check = {
  id: 'completion',
  needsAccess: true,
  run: async ({ endpoint, model }) => {
    const answer = await endpoint.ask({ method: 'POST', path: textPath, body: textRequest(model) });
    requireStatus(answer, 200, engineAdvice);
    const body = objectOf(answer.text);
    const choice = firstOf(body?.['choices']);
    requireShape('a completion', [...commonFaults(body), ...textFault(choice?.['text'], 'choices[0].text')], answer, shapeAdvice);
    return pass(told(body, answer.totalMs));
  },
};

/** `POST /v1/chat/completions` answers with a message. */
export const chatCheck: Check = {
  id: 'chat',
  needsAccess: true,
  run: async ({ endpoint, model }) => {
    const answer = await endpoint.ask({ method: 'POST', path: chatPath, body: chatRequest(model) });
    requireStatus(answer, 200, engineAdvice);
    const body = objectOf(answer.text);
    const message = asObject(firstOf(body?.['choices'])?.['message']);
    const faults = [
      ...commonFaults(body),
      ...textFault(message?.['content'], 'choices[0].message.content'),
      ...(message?.['role'] === 'assistant' ? [] : ['choices[0].message.role (assistant)']),
    ];
    requireShape('an answer', faults, answer, shapeAdvice);
    return pass(told(body, answer.totalMs));
  },
};

const engineAdvice = 'the gateway’s log has the reason under the request id, and the engine’s log what lies behind it';
const shapeAdvice = 'what stands in front of the gateway changes its answers, or this is another program';

function commonFaults(body: JsonObject | undefined): string[] {
  const usage = asObject(body?.['usage']);
  const counts = ['prompt_tokens', 'completion_tokens', 'total_tokens'].filter((name) => !Number.isSafeInteger(usage?.[name]));
  return [
    ...textFault(body?.['id'], 'id'),
    ...textFault(body?.['model'], 'model'),
    ...(Array.isArray(body?.['choices']) ? [] : ['choices (list)']),
    ...counts.map((name) => `usage.${name} (integer)`),
  ];
}

const textFault = (value: unknown, name: string): string[] => (typeof value === 'string' ? [] : [`${name} (text)`]);

function told(body: JsonObject | undefined, totalMs: number): string {
  const usage = asObject(body?.['usage']);
  const count = Number(usage?.['completion_tokens']);
  return `${count} token${count === 1 ? '' : 's'} in ${seconds(totalMs)}, as ${String(body?.['model'])}`;
}
