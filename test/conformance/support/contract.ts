import { z } from 'zod';

type Json = Record<string, unknown>;

/** One answer of the gateway, as it went over the wire. */
export interface WireAnswer {
  method: string;
  path: string;
  requestBody: Json | null;
  status: number;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/** Words of an engine's own that must never reach a client. */
const leak = /Traceback|File \\?"|site-packages|pydantic|uvicorn|llama_cpp|node_modules|\n\s+at /;

/**
 * What the gateway promises on the wire, checked against the very document that it serves at `GET /openapi.json`, and against the habits of
 * OpenAI's API that a schema cannot say.
 */
export class Contract {
  readonly #paths: Record<string, Json>;
  readonly #definitions: Json;
  readonly #compiled = new Map<string, z.ZodType>();
  readonly #ids = new Set<string>();

  constructor(document: Json) {
    this.#paths = document['paths'] as Record<string, Json>;
    const { schemas } = document['components'] as { schemas: Json };
    this.#definitions = toDefinitions(schemas);
  }

  /** Everything that is wrong with an answer, in words. `isWhole` is false where the client left before its end. */
  violations(answer: WireAnswer, isWhole: boolean): string[] {
    const problems: string[] = [];
    if (typeof answer.headers['x-request-id'] !== 'string') problems.push('has no x-request-id');
    if (leak.test(answer.body) && answer.status !== 200) problems.push(`leaks the engine's words: ${answer.body}`);
    const described = this.#describe(answer);
    if (described === null) problems.push(`status ${answer.status} is not in the OpenAPI document`);
    else if (isWhole) problems.push(...this.#checkBody(answer, described));
    return problems.map((problem) => `${answer.method} ${answer.path} ${JSON.stringify(answer.requestBody)}: ${problem}`);
  }

  #describe({ method, path, status }: WireAnswer): Json | null {
    const template = Object.keys(this.#paths).find((candidate) =>
      new RegExp(`^${candidate.replace(/\{\w+\}/g, '.+')}$`).test(path),
    );
    const operation = template === undefined ? undefined : this.#paths[template]?.[method.toLowerCase()];
    const responses = (operation as { responses?: Record<string, { content: Json }> } | undefined)?.responses;
    return responses?.[String(status)]?.content ?? null;
  }

  #checkBody(answer: WireAnswer, content: Json): string[] {
    const contentType = String(answer.headers['content-type']).split(';')[0] ?? '';
    const described = content[contentType] as { schema?: Json; 'x-event-schema'?: Json } | undefined;
    if (described === undefined) return [`content type ${contentType} is not in the OpenAPI document`];
    if (contentType === 'text/event-stream') return this.#checkStream(answer, described['x-event-schema'] ?? {});
    const value = JSON.parse(answer.body) as Json;
    return [...this.#match(described.schema ?? {}, value), ...this.#checkId(value)];
  }

  #checkStream(answer: WireAnswer, schema: Json): string[] {
    const blocks = answer.body.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'));
    const data = blocks.map((block) => block.replace(/^data: /, ''));
    if (data.at(-1) !== '[DONE]') {
      const last = JSON.parse(data.at(-1) ?? 'null') as Json | null;
      return last !== null && 'error' in last ? [] : ['the stream ends neither with [DONE] nor with an error event'];
    }
    const events = data.slice(0, -1).map((text) => JSON.parse(text) as Json);
    const options = answer.requestBody?.['stream_options'] as { include_usage?: boolean } | undefined;
    const ids = new Set(events.map((event) => event['id']));
    return [
      ...events.flatMap((event) => this.#match(schema, event)),
      ...(ids.size === 1 ? this.#checkId(events[0] ?? {}) : [`events have different ids: ${[...ids].join(', ')}`]),
      ...checkUsageEvents(events, options?.include_usage === true),
      ...checkFinishReasons(events),
    ];
  }

  /** Ids are the handle by which people look for an answer in their logs: no two answers share one. */
  #checkId(value: Json): string[] {
    const { id, object } = value;
    if (typeof id !== 'string' || object === 'model') return [];
    if (this.#ids.has(id)) return [`the id ${id} was given before`];
    this.#ids.add(id);
    return [];
  }

  #match(schema: Json, value: unknown): string[] {
    const key = JSON.stringify(schema);
    const compiled = this.#compiled.get(key) ?? this.#compile(schema);
    this.#compiled.set(key, compiled);
    const result = compiled.safeParse(value);
    if (result.success) return [];
    const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    return [`does not match its schema (${issues}): ${JSON.stringify(value)}`];
  }

  #compile(schema: Json): z.ZodType {
    return z.fromJSONSchema({ ...toDefinitions(schema), $defs: this.#definitions } as Parameters<typeof z.fromJSONSchema>[0]);
  }
}

/** OpenAPI keeps its schemas elsewhere than JSON Schema does. */
function toDefinitions(value: Json): Json {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/components/schemas/', '"#/$defs/')) as Json;
}

/** With `include_usage` every event says `usage: null` but the last, which has no choices; without it none speaks of usage. */
function checkUsageEvents(events: readonly Json[], isAsked: boolean): string[] {
  if (!isAsked) return events.some((event) => 'usage' in event) ? ['an event has usage, which nobody asked for'] : [];
  const last = events.at(-1);
  const isLastRight = Array.isArray(last?.['choices']) && last['choices'].length === 0 && last['usage'] !== null;
  return [
    ...(isLastRight ? [] : [`the last event is not the one with usage: ${JSON.stringify(last)}`]),
    ...(events.slice(0, -1).every((event) => event['usage'] === null) ? [] : ['an event before the last has no "usage": null']),
  ];
}

/** Every choice of a stream ends with exactly one finish reason. */
function checkFinishReasons(events: readonly Json[]): string[] {
  const counts = new Map<unknown, number>();
  for (const choice of events.flatMap((event) => event['choices'] as Json[])) {
    counts.set(choice['index'], (counts.get(choice['index']) ?? 0) + (typeof choice['finish_reason'] === 'string' ? 1 : 0));
  }
  return [...counts].filter(([, count]) => count !== 1).map(([index, count]) => `choice ${index} has ${count} finish reasons`);
}
