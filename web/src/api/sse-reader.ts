/** One event of a `text/event-stream`. */
export interface SseEvent {
  /** The `event:` field; empty where there was none. */
  name: string;
  data: string;
}

interface SseParser {
  /** Takes the next piece of text, cut anywhere, and returns the events that it completed. */
  push(text: string): SseEvent[];
}

/**
 * A parser of server-sent events: any mix of LF, CR and CRLF, comments (heartbeats), several `data:` lines per event, pieces cut
 * anywhere. An event that the stream's end cuts off is dropped. Source: the HTML standard, section 9.2.6.
 */
export function createSseParser(): SseParser {
  let rest = '';
  let isAfterCarriageReturn = false;
  let name = '';
  let data: string[] = [];

  function endEvent(): SseEvent[] {
    const events = data.length === 0 ? [] : [{ name, data: data.join('\n') }];
    name = '';
    data = [];
    return events;
  }

  function takeLine(line: string): SseEvent[] {
    if (line === '') return endEvent();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    if (field === 'event') name = value;
    return [];
  }

  return {
    push(text) {
      if (text === '') return [];
      // The LF of a CRLF that was cut in two ends no line of its own.
      const piece = isAfterCarriageReturn && text.startsWith('\n') ? text.slice(1) : text;
      isAfterCarriageReturn = text.endsWith('\r');
      const lines = (rest + piece).split(/\r\n|\r|\n/);
      rest = lines.pop() ?? '';
      return lines.flatMap(takeLine);
    },
  };
}

/** The events of a response body, as they arrive. Cancels the body when the caller stops reading. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent, void> {
  const parser = createSseParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Also runs after an error or an abort, when there is nothing left to cancel and `cancel` says so.
    await reader.cancel().catch(() => undefined);
  }
}
