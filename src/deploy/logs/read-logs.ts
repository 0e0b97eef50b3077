import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { Aws } from '../aws/clients.ts';
import { isMissing } from '../aws/describe-error.ts';

/** One line of a log. */
export interface LogLine {
  atMs: number;
  /** What the group is called by the command: `gateway`. */
  source: string;
  /** What wrote it: an instance, and perhaps which of its parts. */
  stream: string;
  message: string;
}

export interface LogQuery {
  aws: Aws;
  /** Log groups by what the command calls them. */
  groups: ReadonlyMap<string, string>;
  /** Only lines that hold this text. */
  grep?: string | undefined;
  startMs: number;
  /** Told of each group that does not exist, once. */
  onMissing(source: string, group: string): void;
}

/** CloudWatch takes lines in late: each look goes back so far, and what was told already is left out. */
const overlapMs = 30_000;
const pageLimit = 10_000;

/** Reads lines of several groups in the order of their time. Each call gives what has come since the last one. */
export class LogReader {
  readonly #query: LogQuery;
  readonly #seen = new Map<string, number>();
  readonly #missing = new Set<string>();
  #sinceMs: number;

  constructor(query: LogQuery) {
    this.#query = query;
    this.#sinceMs = query.startMs;
  }

  /** True: none of the groups exists. */
  get hasNothing(): boolean {
    return this.#missing.size === this.#query.groups.size;
  }

  async read(): Promise<LogLine[]> {
    const pages = await Promise.all([...this.#query.groups].map(([source, group]) => this.#readGroup(source, group)));
    const lines = pages.flat().sort((one, other) => one.atMs - other.atMs);
    const newestMs = Math.max(this.#sinceMs, ...lines.map(({ atMs }) => atMs));
    this.#sinceMs = Math.max(this.#query.startMs, newestMs - overlapMs);
    for (const [id, atMs] of this.#seen) if (atMs < this.#sinceMs) this.#seen.delete(id);
    return lines;
  }

  async #readGroup(source: string, group: string): Promise<LogLine[]> {
    const client = await this.#query.aws.client('cloudwatch-logs');
    const { grep } = this.#query;
    const request = {
      logGroupName: group,
      startTime: this.#sinceMs,
      limit: pageLimit,
      ...(grep === undefined ? {} : { filterPattern: patternOf(grep) }),
    };
    const lines: LogLine[] = [];
    let nextToken: string | undefined;
    try {
      do {
        const page = await client.filterLogEvents({ ...request, nextToken });
        for (const event of page.events ?? []) if (this.#isNew(event, grep)) lines.push(lineOf(source, event));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (!this.#missing.has(source)) this.#query.onMissing(source, group);
      this.#missing.add(source);
      return [];
    }
    this.#missing.delete(source);
    return lines;
  }

  #isNew({ eventId = '', timestamp = 0, message = '' }: FilteredLogEvent, grep: string | undefined): boolean {
    if (this.#seen.has(eventId)) return false;
    this.#seen.set(eventId, timestamp);
    return grep === undefined || message.includes(grep);
  }
}

/** A phrase in quotes matches where it stands in a line (CloudWatch Logs User Guide, "Filter pattern syntax"). */
const patternOf = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

function lineOf(source: string, { timestamp = 0, logStreamName = '', message = '' }: FilteredLogEvent): LogLine {
  return { atMs: timestamp, source, stream: logStreamName, message: message.trimEnd() };
}
