import type { TofuEvent } from '../../tofu/events.ts';

const done: Readonly<Record<string, string>> = { create: 'created', update: 'changed', delete: 'deleted', replace: 'replaced' };

/** A resource that takes longer than this is told again, so that nobody thinks that it hangs. */
const reminderSeconds = 30;

/** Turns what the program tells while it plans and applies into lines for people: what is done, what takes long, warnings. */
export class Progress {
  readonly #write: (line: string) => void;
  readonly #reminded = new Map<string, number>();
  #finished = 0;
  #total = 0;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** How many resources the next apply touches. */
  expect(total: number): void {
    this.#finished = 0;
    this.#total = total;
  }

  take(event: TofuEvent): void {
    switch (event.type) {
      case 'finished': {
        // A data source.
        if (event.action === 'read') return;
        this.#finished++;
        this.#write(`  ${this.#count()} ${done[event.action] ?? event.action} ${event.address} (${event.elapsedSeconds} s)`);
        return;
      }
      case 'failed':
        this.#write(`  ${this.#count()} FAILED ${event.address} after ${event.elapsedSeconds} s`);
        return;
      case 'progress': {
        const due = (this.#reminded.get(event.address) ?? 0) + reminderSeconds;
        if (event.elapsedSeconds < due) return;
        this.#reminded.set(event.address, event.elapsedSeconds);
        this.#write(`  ${this.#count()} still at ${event.address} (${event.elapsedSeconds} s)`);
        return;
      }
      case 'diagnostic': {
        const { severity, summary, detail, address } = event.diagnostic;
        // Without an address only the detail says what it is about.
        const [about = ''] = detail.split('\n');
        const place = address === undefined ? about.replace(/^(?=.)/, ': ') : ` (${address})`;
        if (severity === 'warning') this.#write(`  warning: ${summary}${place}`);
        return;
      }
      case 'planned':
      case 'drifted':
      case 'started':
      case 'summary':
      case 'outputs':
      case 'other':
        return;
    }
  }

  #count(): string {
    return `[${String(this.#finished).padStart(String(this.#total).length)}/${this.#total}]`;
  }
}
