/** Counts the `data:` lines of an SSE body that comes in pieces cut anywhere; `[DONE]` is not an event. */
export class EventCounter {
  events = 0;
  isDone = false;
  #tail = '';

  push(piece: Buffer): void {
    const lines = (this.#tail + piece.toString('latin1')).split('\n');
    this.#tail = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: [DONE]')) this.isDone = true;
      else if (line.startsWith('data:')) this.events += 1;
    }
  }
}
