import { writeFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';

/** What a rehearsal says as it goes, each line with the seconds since its start. Folders of this machine are left out of it. */
export class Transcript {
  readonly #lines: string[] = [];
  readonly #started = performance.now();
  readonly #hidden: [text: string, shown: string][] = [];
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** From now on a text, such as the path of a folder, is shown as another. */
  hide(text: string, shown: string): void {
    this.#hidden.push([text, shown]);
  }

  /** Adds a line, or several if the text has several. */
  say(text: string): void {
    const seconds = `${((performance.now() - this.#started) / 1000).toFixed(1).padStart(6)} s  `;
    const plain = this.#hidden.reduce((line, [from, to]) => line.replaceAll(from, to), stripVTControlCharacters(text));
    for (const [index, line] of plain.split('\n').entries()) {
      this.#lines.push((index === 0 ? seconds : ' '.repeat(seconds.length)) + line);
      this.#print(this.#lines.at(-1) ?? '');
    }
  }

  /** Says what is done, does it, and says how long it took. What fails is said and thrown on. */
  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.say(name);
    const started = performance.now();
    const took = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
    try {
      const result = await work();
      this.say(`  done: ${name} (${took()})`);
      return result;
    } catch (error) {
      this.say(`  FAILED: ${name} (${took()}): ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  async write(path: string): Promise<void> {
    await writeFile(path, `${this.#lines.join('\n')}\n`);
  }
}
