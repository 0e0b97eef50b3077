import { randomUUID } from 'node:crypto';
import { chatRequest } from '../../wire/chat.ts';
import { parseBody } from '../../wire/parse.ts';
import { countUsage, generateAll } from './answers.ts';
import { planChat } from './chat-plan.ts';
import type { Exchange } from './exchange.ts';
import type { GenerationEnd, Piece, TokenLogprobs } from './generation.ts';
import { createLogprobsWriter } from './logprobs.ts';
import { createMessageReader, type MessageDelta } from './tool-calls.ts';

/** `POST /v1/chat/completions`. */
export async function answerChat({ loaded, body, signal, sendJson, openEvents }: Exchange): Promise<void> {
  const request = parseBody(chatRequest, body);
  const { answers, promptTokens, toolMode } = await planChat(loaded, request);
  const shape = {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    model: loaded.name,
  };
  const writer = createLogprobsWriter(loaded.model);
  const writeLogprobs = (logprobs: TokenLogprobs[]): unknown => (request.logprobs ? writer.chat(logprobs) : null);
  const readers = answers.map(() => createMessageReader(toolMode));
  const finishReason = (index: number, end: GenerationEnd | undefined): string =>
    readers[index]?.calledTool ? 'tool_calls' : (end?.finishReason ?? 'stop');

  if (!request.stream) {
    const collected = answers.map(() => ({ deltas: [] as MessageDelta[], logprobs: [] as TokenLogprobs[] }));
    const onPiece = (index: number, piece: Piece): void => {
      collected[index]?.deltas.push(...(readers[index]?.push(piece.text) ?? []));
      collected[index]?.logprobs.push(...piece.logprobs);
    };
    const onEnd = (index: number): void => void collected[index]?.deltas.push(...(readers[index]?.end() ?? []));
    const ends = await generateAll(loaded, answers, { onPiece, onEnd }, signal);
    const choices = collected.map(({ deltas, logprobs }, index) => ({
      index,
      message: joinMessage(deltas),
      logprobs: writeLogprobs(logprobs),
      finish_reason: finishReason(index, ends[index]),
    }));
    sendJson(200, { ...shape, object: 'chat.completion', choices, usage: countUsage(promptTokens, ends, answers.length) });
    return;
  }

  const events = openEvents();
  const hasUsage = request.stream_options?.include_usage === true;
  const sendEvent = (fields: { choices: unknown[]; usage?: unknown }): Promise<void> =>
    events.send({ ...shape, object: 'chat.completion.chunk', ...(hasUsage ? { usage: null } : {}), ...fields });
  const sendDelta = (index: number, delta: unknown, rest: { finish_reason?: string; logprobs?: unknown } = {}): Promise<void> =>
    sendEvent({ choices: [{ index, delta, logprobs: null, finish_reason: null, ...rest }] });
  const begun = new Set<number>();
  const begin = async (index: number): Promise<void> => {
    if (begun.has(index)) return;
    begun.add(index);
    await sendDelta(index, { role: 'assistant', content: toolMode === 'forced' ? null : '', refusal: null });
  };
  const onPiece = async (index: number, piece: Piece): Promise<void> => {
    await begin(index);
    const logprobs = writeLogprobs(piece.logprobs);
    for (const delta of readers[index]?.push(piece.text) ?? []) await sendDelta(index, delta, { logprobs });
  };
  const onEnd = async (index: number, end: GenerationEnd): Promise<void> => {
    await begin(index);
    for (const delta of readers[index]?.end() ?? []) await sendDelta(index, delta);
    await sendDelta(index, {}, { finish_reason: finishReason(index, end) });
  };
  const ends = await generateAll(loaded, answers, { onPiece, onEnd }, signal);
  if (hasUsage) await sendEvent({ choices: [], usage: countUsage(promptTokens, ends, answers.length) });
  events.end();
}

/** The whole message that these parts make. */
function joinMessage(deltas: readonly MessageDelta[]): unknown {
  let content = '';
  let call: { id: string; type: 'function'; function: { name: string; arguments: string } } | undefined;
  for (const delta of deltas) {
    if ('content' in delta) {
      content += delta.content;
      continue;
    }
    const [{ id, function: part }] = delta.tool_calls;
    if (id !== undefined) call = { id, type: 'function', function: { name: part.name ?? '', arguments: '' } };
    if (call) call.function.arguments += part.arguments;
  }
  if (!call) return { role: 'assistant', content, refusal: null };
  return { role: 'assistant', content: content === '' ? null : content, refusal: null, tool_calls: [call] };
}
