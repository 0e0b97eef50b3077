const created = 1_790_000_000;
const usage = '"usage":{"prompt_tokens":24,"completion_tokens":64,"total_tokens":88}';
const sentence = 'The quick brown fox jumps over the lazy dog while the gateway counts. ';
const answerTail =
  `","object":"chat.completion","created":${created},"model":"bench-model","choices":[{"index":0,"message":{"role":"assistant",` +
  `"content":"${sentence.repeat(4).slice(0, 237)}","refusal":null},"logprobs":null,"finish_reason":"stop"}],${usage},` +
  `"service_tier":"default","system_fingerprint":"fp_bench"}`;

/** The answer of `GET /v1/models`. */
export const modelsBody = JSON.stringify({
  object: 'list',
  data: [{ id: 'bench-model', object: 'model', created, owned_by: 'bench' }],
});

/** Ids of one width that never repeat: a repeated one makes some gateways drop their spend rows. */
export const nextId = (function countIds(): () => string {
  let serial = 0;
  return () => {
    serial += 1;
    return `chatcmpl-${serial.toString(36).padStart(12, '0')}`;
  };
})();

/** A plain chat completion of 586 bytes. */
export function answerBody(id: string): string {
  return `{"id":"${id}${answerTail}`;
}

/** The few distinct pieces of a stream, each already framed as an HTTP chunk so that sending is one write of ready bytes. */
export type StreamFrames = { first: Buffer; middle: [Buffer, Buffer]; last: Buffer };

/** Renders the pieces of one stream; two contents alternate, since some gateways stop a stream that repeats itself. */
export function streamFrames(id: string, withUsage: boolean): StreamFrames {
  const end = withUsage ? event(id, '[]', `,${usage}`) : '';
  return {
    first: frame(event(id, choice('{"role":"assistant","content":"The"}', 'null'))),
    middle: [frame(event(id, choice('{"content":" quick"}', 'null'))), frame(event(id, choice('{"content":" brown"}', 'null')))],
    last: Buffer.concat([frame(event(id, choice('{}', '"stop"'))), frame(`${end}data: [DONE]\n\n`), Buffer.from('0\r\n\r\n')]),
  };
}

function frame(text: string): Buffer {
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`, 'latin1');
}

function event(id: string, choices: string, more = ''): string {
  return `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":"bench-model","choices":${choices}${more}}\n\n`;
}

function choice(delta: string, finishReason: string): string {
  return `[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}]`;
}
