import type { StreamFilter } from '../providers/provider.ts';
import { isObject, type JsonObject } from '../wire/parse.ts';
import type { PieceFilter } from './json-filter.ts';
import { isText } from './request-texts.ts';

/** Makes the filter of one text of the answer. `isJson`: what comes is JSON and must stay it. */
export type MakeFilter = (isJson: boolean) => PieceFilter;

/** One text of a choice that comes in pieces: its content, its reasoning, the arguments of one call … */
interface Channel {
  path: readonly PathStep[];
  filter: PieceFilter;
}

interface Filtered {
  /** The event that must go before. */
  before: JsonObject | null;
  /** Whether all that the choice brought was text, and all of it is held back. */
  hasNothingLeft: boolean;
}

interface Place {
  index: number;
  node: JsonObject;
  path: readonly PathStep[];
  name: string;
}

/** A key, or an item of a list by its own index. */
type PathStep = string | { index: number };

/** Fields in which engines send what a model thinks before it answers. */
const reasoning = /^delta\.reasoning/;
const echoes = ['logprobs', 'token_ids'] as const;

/**
 * Filters every text of a stream: each field of each choice, and each call of a function, is a text of its own. What is held back goes out before
 * the event that says why the choice ended, in an event of its own.
 */
export class StreamChannels implements StreamFilter {
  readonly #makeFilter: MakeFilter;
  readonly #isJsonWanted: boolean;
  /** By choice, then by path. */
  readonly #choices = new Map<number, Map<string, Channel>>();
  /** The last event that was seen whole: what an event of our own is made after. */
  #pattern: JsonObject = {};
  #content: PieceFilter | null = null;

  constructor(makeFilter: MakeFilter, isJsonWanted: boolean) {
    this.#makeFilter = makeFilter;
    this.#isJsonWanted = isJsonWanted;
  }

  pushContent(text: string): string {
    this.#content ??= this.#channel(0, 'delta.content', ['delta', 'content']).filter;
    return this.#content.push(text);
  }

  push(chunk: JsonObject): readonly JsonObject[] {
    const { choices } = chunk;
    if (!Array.isArray(choices) || choices.length === 0) return [chunk];
    this.#pattern = chunk;
    const events: JsonObject[] = [];
    let isEmptied = !isObject(chunk['usage']);
    for (const choice of choices) {
      if (!isObject(choice)) continue;
      const { before, hasNothingLeft } = this.#filterChoice(choice);
      if (before !== null) events.push(before);
      isEmptied &&= hasNothingLeft;
    }
    if (!isEmptied) events.push(chunk);
    return events;
  }

  end(): readonly JsonObject[] {
    return [...this.#choices.keys()].flatMap((index): JsonObject[] => {
      const rest = this.#flush(index, () => true);
      return rest === null ? [] : [rest];
    });
  }

  /** Rewrites what a choice brings, in place. */
  #filterChoice(choice: JsonObject): Filtered {
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0;
    const isLast = typeof choice['finish_reason'] === 'string';
    const seen = { hasText: false, hasAnswer: false, isAligned: true };
    this.#walk({ index, node: choice, path: [], name: '' }, ({ filter }, text, name) => {
      if (text !== '') {
        seen.hasText = true;
        seen.hasAnswer ||= !reasoning.test(name);
      }
      const wasHolding = filter.isHolding;
      const released = filter.push(text) + (isLast ? filter.flush() : '');
      if (wasHolding || released !== text) seen.isAligned = false;
      return released;
    });
    // Log probabilities repeat the text token by token: they pass only with the text that they belong to.
    if (!seen.isAligned) for (const echo of echoes) if (choice[echo] !== undefined) choice[echo] = null;
    const isMeant = isLast ? () => true : (name: string) => seen.hasAnswer && reasoning.test(name);
    return { before: this.#flush(index, isMeant), hasNothingLeft: seen.hasText && saysNothing(choice) };
  }

  #walk({ index, node, path, name }: Place, visit: (channel: Channel, text: string, name: string) => string): void {
    for (const [key, value] of Object.entries(node)) {
      if (!isText(key, name)) continue;
      const field = name === '' ? key : `${name}.${key}`;
      if (typeof value === 'string') {
        node[key] = visit(this.#channel(index, field, [...path, key]), value, field);
      } else if (isObject(value)) {
        this.#walk({ index, node: value, path: [...path, key], name: field }, visit);
      } else if (Array.isArray(value)) {
        for (const [at, item] of value.entries()) {
          if (!isObject(item)) continue;
          const own = typeof item['index'] === 'number' ? item['index'] : at;
          this.#walk({ index, node: item, path: [...path, key, { index: own }], name: `${field}[${own}]` }, visit);
        }
      }
    }
  }

  #channel(index: number, name: string, path: readonly PathStep[]): Channel {
    let channels = this.#choices.get(index);
    if (channels === undefined) {
      channels = new Map();
      this.#choices.set(index, channels);
    }
    let channel = channels.get(name);
    if (channel === undefined) {
      const isJson = name.endsWith('.arguments') || (this.#isJsonWanted && (name === 'delta.content' || name === 'text'));
      channel = { path, filter: this.#makeFilter(isJson) };
      channels.set(name, channel);
    }
    return channel;
  }

  /** An event with all that some texts of a choice hold back; null where they hold nothing. */
  #flush(index: number, isMeant: (name: string) => boolean): JsonObject | null {
    let choice: JsonObject | null = null;
    for (const [name, { path, filter }] of this.#choices.get(index) ?? []) {
      if (!isMeant(name) || !filter.isHolding) continue;
      const rest = filter.flush();
      if (rest === '') continue;
      choice ??= { index, ...(path[0] === 'delta' ? { delta: {} } : {}), logprobs: null, finish_reason: null };
      put(choice, path, rest);
    }
    if (choice === null) return null;
    const { usage, ...pattern } = this.#pattern;
    return { ...pattern, choices: [choice], ...(usage === undefined ? {} : { usage: null }) };
  }
}

/** Sets a text at a path, making what leads there. */
function put(choice: JsonObject, path: readonly PathStep[], text: string): void {
  let node: JsonObject = choice;
  for (const [at, step] of path.entries()) {
    const next = path[at + 1];
    if (typeof step !== 'string') continue;
    if (next === undefined) {
      node[step] = text;
    } else if (typeof next === 'string') {
      node = (node[step] ??= {}) as JsonObject;
    } else {
      const items = (node[step] ??= []) as JsonObject[];
      let item = items.find((one) => one['index'] === next.index);
      if (item === undefined) items.push((item = { index: next.index }));
      node = item;
    }
  }
}

/** Whether all that a choice brought was text and none of it is left to say. */
function saysNothing({ delta, index: _index, ...others }: JsonObject): boolean {
  return isBlank(others) && (delta === undefined || (isObject(delta) && isBlank(delta)));
}

function isBlank(node: JsonObject): boolean {
  return Object.values(node).every((value) => value === '' || value === null);
}
