import { stripVTControlCharacters } from 'node:util';

/** A fault or a warning, as `-json` and the text of a run both give it. */
export interface Diagnostic {
  severity: 'error' | 'warning';
  summary: string;
  detail: string;
  /** The resource that it is about: `module.api.aws_api_gateway_stage.this`. */
  address: string | undefined;
  /** `main.tf:15`. */
  place: string | undefined;
}

/** What a line of `-json` output tells (OpenTofu documentation, "Machine-Readable UI"); of what is not listed, only the message. */
export type TofuEvent =
  | { type: 'planned' | 'drifted'; address: string; action: string; reason: string | undefined }
  | { type: 'started'; address: string; action: string }
  | { type: 'progress' | 'finished' | 'failed'; address: string; action: string; elapsedSeconds: number }
  | { type: 'summary'; operation: string; add: number; change: number; remove: number }
  | { type: 'outputs'; outputs: Readonly<Record<string, unknown>> }
  | { type: 'diagnostic'; diagnostic: Diagnostic }
  | { type: 'other'; message: string };

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

function diagnosticOf(value: unknown): Diagnostic {
  const { severity, summary, detail, address, range } = fieldsOf(value);
  const { filename, start } = fieldsOf(range);
  return {
    severity: severity === 'warning' ? 'warning' : 'error',
    summary: textOf(summary),
    detail: textOf(detail).trim(),
    address: typeof address === 'string' ? address : undefined,
    place: typeof filename === 'string' ? `${filename}:${numberOf(fieldsOf(start)['line'])}` : undefined,
  };
}

const steps: Readonly<Record<string, 'progress' | 'finished' | 'failed'>> = {
  apply_progress: 'progress',
  apply_complete: 'finished',
  apply_errored: 'failed',
};

/** One line of `-json` output; undefined if it is none (the program also prints plain lines, when it crashes for one). */
export function parseEvent(line: string): TofuEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  const event = fieldsOf(parsed);
  const { type, change, hook, changes } = event;
  const { resource, action, reason, elapsed_seconds: elapsed } = fieldsOf(change ?? hook);
  const address = textOf(fieldsOf(resource)['addr']);
  const step = steps[textOf(type)];
  if (step !== undefined) return { type: step, address, action: textOf(action), elapsedSeconds: numberOf(elapsed) };
  switch (type) {
    case 'planned_change':
    case 'resource_drift':
      return {
        type: type === 'planned_change' ? 'planned' : 'drifted',
        address,
        action: textOf(action),
        reason: typeof reason === 'string' ? reason : undefined,
      };
    case 'apply_start':
      return { type: 'started', address, action: textOf(action) };
    case 'change_summary': {
      const { operation, add, change: changed, remove } = fieldsOf(changes);
      return {
        type: 'summary',
        operation: textOf(operation),
        add: numberOf(add),
        change: numberOf(changed),
        remove: numberOf(remove),
      };
    }
    case 'outputs':
      return { type: 'outputs', outputs: fieldsOf(event['outputs']) };
    case 'diagnostic':
      return { type: 'diagnostic', diagnostic: diagnosticOf(event['diagnostic']) };
    default:
      return { type: 'other', message: textOf(event['@message']).trim() };
  }
}

/** Diagnostics of a run without `-json`: a paragraph that begins with `Error: ` or `Warning: `, up to the next. */
export function parseTextDiagnostics(text: string): Diagnostic[] {
  // A box is drawn around a diagnostic.
  const plain = stripVTControlCharacters(text).replaceAll(/^[╷│╵] ?/gm, '');
  const starts = [...plain.matchAll(/(?:^|\n\n)\n?(Error|Warning): (.*)/g)];
  return starts.map((match, index) => {
    const body = plain.slice(match.index + match[0].length, starts[index + 1]?.index);
    const [, filename, line] = /^\s*on (\S+) line (\d+)/m.exec(body) ?? [];
    const [, address] = /^\s*with (\S+),$/m.exec(body) ?? [];
    return {
      severity: match[1] === 'Warning' ? 'warning' : 'error',
      summary: match[2] ?? '',
      detail: body.trim(),
      address,
      place: filename === undefined ? undefined : `${filename}:${line}`,
    };
  });
}
