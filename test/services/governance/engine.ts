import { chatAnswer, chunk, embeddings, type UpstreamExchange } from '../../support/fake-upstream.ts';

/** Prompt tokens of every request, as the gateway estimates them for the message `hi`. */
export const promptTokens = 17;

/** What an engine reports for a request: every answer is as long as it may be. */
export function usageOf(body: Record<string, unknown>): {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
} {
  const completion = Number(body['max_tokens'] ?? 0);
  // Tests that want other prompts than `hi` say how long they are.
  const prompt = Number(body['seed'] ?? promptTokens);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** An engine that takes its time, counts who is there at once, and reports usage. A request with `stop: fail` fails, one with `stop: hang` waits for `release`. */
export class Engine {
  /** Of a whole answer, and of all pieces of a stream together, milliseconds. */
  durationMs = 60;
  running = 0;
  mostAtOnce = 0;
  answered = 0;
  readonly #hanging: (() => void)[] = [];

  async answer(exchange: UpstreamExchange): Promise<void> {
    this.running++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    let isRunning = true;
    const leave = () => {
      if (isRunning) this.running--;
      isRunning = false;
    };
    void exchange.closed.then(leave);
    const { body } = exchange;
    if (body['stop'] === 'hang') await new Promise<void>((resolve) => this.#hanging.push(resolve));
    if (body['stream'] === true) await this.#stream(exchange, body, leave);
    else {
      await sleep(this.durationMs);
      leave();
      if (body['stop'] === 'fail') exchange.json({ error: { message: 'out of order', type: 'server_error' } }, 500);
      else exchange.json({ ...(body['input'] === undefined ? chatAnswer('m') : embeddings('m')), usage: usageOf(body) });
    }
    if (exchange.abortedAtMs === null) this.answered++;
  }

  /** How many requests hang. */
  get hanging(): number {
    return this.#hanging.length;
  }

  /** Answers what hangs. */
  release(): void {
    for (const go of this.#hanging.splice(0)) go();
  }

  reset(): void {
    this.mostAtOnce = this.running;
    this.answered = 0;
  }

  async #stream(exchange: UpstreamExchange, body: Record<string, unknown>, leave: () => void): Promise<void> {
    exchange.openStream();
    const usage = usageOf(body);
    const pauseMs = this.durationMs / usage.completion_tokens;
    for (let piece = 0; piece < usage.completion_tokens; piece++) {
      if (exchange.response.destroyed) return;
      exchange.event(chunk('m', 'x '));
      await sleep(pauseMs);
    }
    if (body['stop'] === 'fail') {
      exchange.cut();
      return;
    }
    exchange.event(chunk('m', null, 'stop'));
    exchange.event({ ...chunk('m', null), choices: [], usage });
    leave();
    exchange.done();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
