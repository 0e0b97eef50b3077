import { GatewayError, toGatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../wire/parse.ts';
import { doneEvent, EventBlocks, EventTooLargeError, formatEvent, readEvents } from '../../wire/sse.ts';
import { readUsage, toWireUsage, type Usage } from '../../wire/usage.ts';
import type { AnswerContext, ChunkTransform, StreamDecoder, StreamFacts, StreamFilter } from '../provider.ts';
import { brokenOff, rejectCutPrompt } from './answer.ts';
import { ContentTemplate } from './content-template.ts';
import { DeltaFixer } from './delta.ts';
import { fromErrorEvent } from './error.ts';
import { normaliseFinishReason, unaskedAbort } from './finish-reason.ts';

/**
 * Words that make a block of events worth parsing: token counts, a reason to finish, the end, an error, an abort, and CR LF line ends. A block
 * without them passes as it came. Text that merely contains such a word costs a parse and nothing else.
 */
const telling = /"usage"|"finish_reason": ?"|\[DONE\]|"error"|event: ?error|"abort|"cancelled"|\r/;

/**
 * Decodes a stream of the OpenAI wire. The first event is always parsed: it shows whether the engine names the model as we do. If it does,
 * and the target rewrites nothing else, the events after it pass as bytes.
 */
export class OpenAiStreamDecoder implements StreamDecoder {
  readonly facts: StreamFacts = { usage: null, finishReason: null, outputEvents: 0, isDone: false, failure: null };
  readonly #context: AnswerContext;
  readonly #transform: ChunkTransform | null;
  readonly #filter: StreamFilter | null;
  /** Spares most events of a filtered stream from being parsed and written anew. */
  readonly #template: ContentTemplate | null;
  readonly #blocks = new EventBlocks();
  readonly #rewritesId: boolean;
  readonly #rewritesFinish: boolean;
  /** Whether events before the last have to say `usage: null`, as OpenAI's do when usage is asked for. */
  readonly #nullsUsage: boolean;
  readonly #deltaFixer: DeltaFixer | null;
  /** Whether no event may pass as it is. */
  readonly #changesEvery: boolean;
  #mayPass = false;
  /** The last chunk seen parsed: the pattern for a usage event of our own. */
  #last: JsonObject | null = null;

  constructor(context: AnswerContext, transform: ChunkTransform | null, filter: StreamFilter | null = null) {
    this.#context = context;
    this.#transform = transform;
    this.#filter = filter;
    this.#template = filter === null ? null : new ContentTemplate();
    this.#rewritesId = context.target.rewrite.has('id');
    this.#rewritesFinish = context.target.rewrite.has('finish_reason');
    const options = context.request.body['stream_options'];
    const wantsFigures = isObject(options) && options['continuous_usage_stats'] === true;
    this.#nullsUsage = context.target.rewrite.has('usage') && context.request.wantsUsageEvent && !wantsFigures;
    this.#deltaFixer = context.target.rewrite.has('delta') ? new DeltaFixer() : null;
    const hasWork = this.#deltaFixer !== null || transform !== null || filter !== null;
    this.#changesEvery = hasWork || this.#rewritesId || this.#rewritesFinish || this.#nullsUsage;
  }

  push(chunk: Buffer): Buffer | string | null {
    if (this.#isOver()) return null;
    try {
      const block = this.#blocks.push(chunk);
      return block === null ? null : this.#decode(block);
    } catch (error) {
      if (!(error instanceof EventTooLargeError)) throw error;
      this.facts.failure = new GatewayError(
        'bad_gateway',
        `the backend of model "${this.#model}" sent an event that is too large`,
        { cause: error },
      );
      return null;
    }
  }

  end(): Buffer | string | null {
    const rest = this.#blocks.rest();
    if (this.#isOver()) return null;
    const output = rest === null ? '' : this.#rewrite(rest.toString('utf8'));
    return output + (this.#isOver() ? '' : this.#heldBack()) || null;
  }

  get #model(): string {
    return this.#context.target.responseModel;
  }

  #isOver(): boolean {
    return this.facts.isDone || this.facts.failure !== null;
  }

  #decode(block: Buffer): Buffer | string | null {
    if (this.#mayPass) {
      const text = block.toString('latin1');
      if (!telling.test(text)) {
        // Comments are no output: an upstream's own heartbeats say nothing about its answer.
        for (let at = text.indexOf('data:'); at !== -1; at = text.indexOf('data:', at + 5)) {
          if (at === 0 || text[at - 1] === '\n') this.facts.outputEvents++;
        }
        return block;
      }
    }
    return this.#rewrite(block.toString('utf8')) || null;
  }

  /** An event that brings nothing but text, for the filter; null: it must be taken apart. */
  #filterContent(data: string): string | null {
    const piece = this.#template?.read(data) ?? null;
    if (piece === null) return null;
    if (piece !== '') this.facts.outputEvents++;
    const released = this.#filtered((filter) => filter.pushContent(piece), '');
    return released === '' ? '' : (this.#template?.write(released) ?? '');
  }

  /** What a filter makes of text. It breaks the stream off by throwing. */
  #filtered<Result>(ask: (filter: StreamFilter) => Result, otherwise: Result): Result {
    if (this.#filter === null) return otherwise;
    try {
      return ask(this.#filter);
    } catch (error) {
      this.facts.failure = toGatewayError(error);
      return otherwise;
    }
  }

  #heldBack(): string {
    return this.#filtered((filter) => filter.end(), [])
      .map((chunk) => this.#format(chunk))
      .join('');
  }

  #format(chunk: JsonObject): string {
    const result = this.#transform === null ? chunk : this.#transform(chunk);
    return result === null ? '' : formatEvent(result);
  }

  #rewrite(block: string): string {
    let output = '';
    for (const data of isOneEvent(block) ? [block.slice(oneEventBegin.length, -2)] : readEvents(block)) {
      if (this.#isOver()) break;
      output += data === '[DONE]' ? this.#finish() : (this.#filterContent(data) ?? this.#rewriteEvent(data));
    }
    return output;
  }

  #finish(): string {
    const { facts } = this;
    const { request, target } = this.#context;
    const heldBack = this.#heldBack();
    if (this.#isOver()) return '';
    if (facts.usage === null) {
      facts.usage = this.#estimate();
      const event = request.wantsUsageEvent && target.rewrite.has('usage') ? this.#usageEvent(facts.usage) : '';
      facts.isDone = true;
      return heldBack + event + doneEvent;
    }
    try {
      rejectCutPrompt(facts.usage, this.#context);
    } catch (error) {
      facts.failure = error as GatewayError;
      return '';
    }
    facts.isDone = true;
    return heldBack + doneEvent;
  }

  #rewriteEvent(data: string): string {
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch (cause) {
      return this.#fail(
        new GatewayError('bad_gateway', `the backend of model "${this.#model}" sent an event that is no JSON`, { cause }),
      );
    }
    if (isObject(chunk) && chunk['error'] !== undefined && chunk['error'] !== null)
      return this.#fail(fromErrorEvent(chunk, this.#context.target));
    if (!isObject(chunk) || !Array.isArray(chunk['choices']))
      return this.#fail(new GatewayError('bad_gateway', `the backend of model "${this.#model}" sent an event that is no chunk`));
    return this.#rewriteChunk(chunk, data);
  }

  #fail(error: GatewayError): string {
    this.facts.failure = error;
    return '';
  }

  #rewriteChunk(chunk: JsonObject, data: string): string {
    const { facts } = this;
    const { request, target } = this.#context;
    const choices = Array.isArray(chunk['choices']) ? (chunk['choices'] as unknown[]) : [];
    for (const choice of choices) {
      if (!isObject(choice)) continue;
      const reason = choice['finish_reason'];
      if (unaskedAbort(reason)) return this.#fail(brokenOff(this.#model));
      if (this.#rewritesFinish) choice['finish_reason'] = normaliseFinishReason(reason);
      this.#deltaFixer?.fix(choice);
      if (typeof reason === 'string') facts.finishReason = normaliseFinishReason(reason);
    }
    facts.usage = readUsage(chunk['usage']) ?? facts.usage;
    const isStripped = !request.wantsUsageEvent && chunk['usage'] !== undefined;
    if (isStripped) {
      if (choices.length === 0) return '';
      delete chunk['usage'];
    }
    if (this.#nullsUsage && choices.length > 0) chunk['usage'] = null;
    if (choices.some(hasOutput)) facts.outputEvents++;
    const namesModelAsWe = chunk['model'] === target.responseModel;
    if (!namesModelAsWe) chunk['model'] = target.responseModel;
    if (this.#rewritesId) chunk['id'] = this.#context.answerId;
    this.#mayPass = namesModelAsWe && !this.#changesEvery;
    this.#last = chunk;
    if (this.#mayPass && !isStripped && !data.includes('\n')) return `data: ${data}\n\n`;
    if (this.#filter === null) return this.#format(chunk);
    this.#template?.learn(data, chunk, (pattern) => this.#format(pattern));
    return this.#filtered((filter) => filter.push(chunk), [])
      .map((event) => this.#format(event))
      .join('');
  }

  #estimate(): Usage {
    const promptTokens = this.#context.estimatePromptTokens();
    return { promptTokens, completionTokens: this.facts.outputEvents, cachedTokens: 0, isEstimated: true };
  }

  #usageEvent(usage: Usage): string {
    return this.#format({ ...this.#last, choices: [], usage: toWireUsage(usage) });
  }
}

const oneEventBegin = 'data: ';

/** Whether a block is one event of one line: what nearly all are, and read without taking lines apart. */
function isOneEvent(block: string): boolean {
  return block.startsWith(oneEventBegin) && block.indexOf('\n') === block.length - 2 && !block.includes('\r');
}

/** Whether a choice carries a piece of the answer. The opening of a message and its end carry none. */
function hasOutput(choice: unknown): boolean {
  if (!isObject(choice)) return false;
  const { text, delta } = choice;
  const content = isObject(delta) ? (delta['content'] ?? delta['tool_calls']) : text;
  return content !== undefined && content !== null && content !== '';
}
