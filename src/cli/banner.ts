import pc from 'picocolors';
import type { EngineState } from '../engine/engine.ts';
import { ProgressPrinter } from '../engine/progress.ts';
import type { RunningServer } from '../server/server.ts';

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** What a person at the terminal is told: where the gateway is, which model answers, what to try next. Goes beside the log, never into it. */
export class Banner {
  readonly #output: Output;
  readonly #progress: ProgressPrinter;
  #server: RunningServer | null = null;
  #last: EngineState | null = null;
  /** Of the failure told last: one that comes again at each try is told once. */
  #toldReason: string | null = null;

  constructor(output: Output) {
    this.#output = output;
    this.#progress = new ProgressPrinter(output, () => performance.now());
  }

  /** The gateway listens. States of the engine that came before are told now. */
  listening(server: RunningServer, configPath: string | null): void {
    this.#server = server;
    const names = server.models().models.map((model) => model.name);
    this.#line(`${pc.bold('Sluice')} listens on ${pc.cyan(shownUrl(server.url))}  (playground, and the API under /v1)`);
    this.#line(`  configuration  ${configPath ?? 'none, embedded defaults'}`);
    this.#line(`  models         ${names.join(', ')}`);
    const before = this.#last;
    this.#last = null;
    if (before === null) this.#tryNext();
    else this.engine(before);
  }

  /** The embedded engine changed its state. */
  engine(state: EngineState): void {
    const isFirst = this.#last === null || this.#last.status !== state.status || this.#server === null;
    this.#last = state;
    if (this.#server === null) return;
    if (state.status === 'downloading') {
      this.#progress.update(state.progress);
      return;
    }
    this.#progress.finish();
    if (!isFirst && state.status !== 'ready') return;
    switch (state.status) {
      case 'resolving':
        if (this.#toldReason !== null) return;
        this.#line('  looking for the model; requests are answered with 503 until it is there');
        return;
      case 'loading':
        this.#line(`  loading ${state.model}`);
        return;
      case 'ready':
        this.#toldReason = null;
        this.#line(`  ${pc.green('ready')}: ${state.engine.model}, ${state.engine.contextTokens} tokens of context a request`);
        if (state.engine.isDemo) {
          this.#line(
            `  ${pc.yellow('This is the demo model')}: it was made on this machine, knows a few sentences and understands nothing.`,
          );
          this.#line('  For a real one connect to a network (the log says what was tried), or name a file: --model model.gguf');
        }
        this.#tryNext();
        return;
      case 'restarting':
        this.#line(`  ${pc.yellow('the engine stopped')} (${state.reason}) and is being restarted`);
        return;
      case 'failed':
        if (this.#toldReason === state.reason) return;
        this.#toldReason = state.reason;
        this.#line(`  ${pc.red('the engine cannot start')}: ${state.reason}`);
        return;
      case 'stopped':
        return;
    }
  }

  #tryNext(): void {
    const url = shownUrl(this.#server?.url ?? '');
    const model = this.#server?.models().models[0];
    const name = model?.aliases.includes('phi-3-mini') ? 'phi-3-mini' : (model?.name ?? 'MODEL');
    this.#line('  try it:');
    // Whoever starts a gateway with keys administers it; what it is for begins there.
    const [page, key] = this.#server?.isKeyed === true ? ['ui', '-H "Authorization: Bearer $KEY" '] : ['', ''];
    this.#line(`    open ${url}/${page} in a browser, or`);
    this.#line(
      `    curl ${url}/v1/completions ${key}-d '{"model":"${name}","prompt":"What is the largest ocean on Earth?","max_tokens":60}'`,
    );
    this.#line(`  stop with Ctrl-C`);
  }

  #line(text: string): void {
    this.#output.write(`${text}\n`);
  }
}

/** Where a browser on this machine finds it: nobody can open 0.0.0.0. */
function shownUrl(url: string): string {
  return url
    .replace('//127.0.0.1:', '//localhost:')
    .replace('//0.0.0.0:', '//localhost:')
    .replace('//[::]:', '//localhost:')
    .replace('//[::1]:', '//localhost:');
}
