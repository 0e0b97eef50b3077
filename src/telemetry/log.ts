import pino from 'pino';
import pc from 'picocolors';

/** Writes log lines. Fields never hold prompts, answers, keys or header values. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger with its owner's handles. */
export interface OwnedLogger extends Logger {
  /** The line of a finished request, at level info: the one line that every request writes. */
  request(fields: object): void;
  /** A line for machines, its line end included, that is written as it is whatever the level and the format. */
  line(text: string): void;
  setLevel(level: LogLevel): void;
  /** Writes out what is buffered. */
  flush(): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

interface LogOptions {
  level: LogLevel;
  format: 'auto' | 'json' | 'pretty';
  isTerminal: boolean;
}

/** In characters. */
const largestBuffer = 64 * 1024;
const flushEveryMs = 200;

/**
 * JSON lines on standard output, buffered for at most 200 ms so that a busy gateway does not make a system call for each line; on a terminal
 * short lines for people.
 */
export function createLogger({ level, format, isTerminal }: LogOptions): OwnedLogger {
  const isPretty = format === 'pretty' || (format === 'auto' && isTerminal);
  const output: LineOutput = isPretty ? prettyOutput() : new LineBuffer(pino.destination({ dest: 1, sync: false }));
  const timestamp = isoClock();
  const logger = pino({ level, base: null, timestamp, formatters: { level: (label) => ({ level: label }) } }, output);
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    // Every request passes here: its fields are plain, so they need none of the care that pino takes of anything else.
    request: (fields) => {
      if (logger.isLevelEnabled('info'))
        output.write(`{"level":"info"${timestamp()},${JSON.stringify(fields).slice(1, -1)},"msg":"request"}\n`);
    },
    // A terminal's lines go out at once and one by one, so this one stands alone there too.
    line: (text) => (isPretty ? process.stdout.write(text) : output.write(text)),
    setLevel: (next) => {
      logger.level = next;
    },
    flush: () => output.close(),
  };
}

/** Where finished lines go. */
interface LineOutput {
  write(line: string): void;
  /** Writes out everything before it returns. */
  close(): void;
}

/**
 * Collects lines and hands them on in one piece. pino's own destination measures all that it has buffered for every line that comes, which
 * made half of the garbage of a busy gateway.
 */
class LineBuffer implements LineOutput {
  readonly #destination: ReturnType<typeof pino.destination>;
  #lines: string[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(destination: ReturnType<typeof pino.destination>) {
    this.#destination = destination;
  }

  write(line: string): void {
    this.#lines.push(line);
    this.#size += line.length;
    if (this.#size >= largestBuffer) this.#handOn();
    else this.#timer ??= setTimeout(() => this.#handOn(), flushEveryMs).unref();
  }

  close(): void {
    this.#handOn();
    try {
      this.#destination.flushSync();
    } catch {
      // The reader of the log is gone or the file is not open yet: there is nobody to tell.
    }
  }

  #handOn(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('');
    this.#lines = [];
    this.#size = 0;
    this.#destination.write(text);
  }
}

/** Writes `,"time":"2026-11-21T07:13:19.042Z"`, formatting each second once: a date for every line costs more than the line. */
function isoClock(): () => string {
  let second = -1;
  let text = '';
  return () => {
    const nowMs = Date.now();
    const now = Math.floor(nowMs / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toISOString().slice(0, 19);
    }
    return `,"time":"${text}.${String(nowMs % 1000).padStart(3, '0')}Z"`;
  };
}

const colours: Record<string, (text: string) => string> = { debug: pc.dim, info: pc.cyan, warn: pc.yellow, error: pc.red };

function prettyOutput(): LineOutput {
  return { write: (line) => process.stdout.write(prettyLine(line)), close: () => undefined };
}

/** `12:01:33 info  request POST /v1/completions 200 812 ms` and the other fields as they come. */
export function prettyLine(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as { level: string; time: string; msg: string } & Record<
    string,
    unknown
  >;
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${pc.dim(`${name}=`)}${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const colour = colours[level] ?? ((text: string) => text);
  return `${pc.dim(time.slice(11, 19))} ${colour(level.padEnd(5))} ${msg} ${rest.join(' ')}\n`;
}
