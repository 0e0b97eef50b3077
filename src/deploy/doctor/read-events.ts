import type { Piece } from './endpoint.ts';

/** One event of a stream. */
export interface StreamEvent {
  data: string;
  /** When the piece came in which it ended; since the request was sent. */
  atMs: number;
}

/** The events of a body that came in pieces; comments are left out. What follows the last blank line is no event. */
export function readEvents(pieces: readonly Piece[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  let rest = '';
  for (const { text, atMs } of pieces) {
    const parts = (rest + text.replaceAll('\r\n', '\n')).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const data = part
        .split('\n')
        .flatMap((line) => (line.startsWith('data:') ? line.slice(5).trimStart() : []))
        .join('\n');
      if (data !== '') events.push({ data, atMs });
    }
  }
  return events;
}
