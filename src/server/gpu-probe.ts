import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { describeCause } from '../telemetry/describe-cause.ts';
import type { Logger } from '../telemetry/log.ts';

/** What a program on the host writes: infrastructure/README.md, "What a GPU host is told". What else stands there is not for us. */
const sample = z.object({
  sampled_at_ms: z.number(),
  memory_used_mib: z.number().nonnegative(),
  memory_total_mib: z.number().positive(),
});

interface GpuProbeInput {
  /** null: nobody writes such a file. */
  settings: () => { path: string; maxAgeMs: number } | null;
  /** Unix milliseconds. */
  wallNow: () => number;
  logger: Logger;
}

const everyMs = 5_000;

/** How full the host's GPUs are, as a program there says; read behind requests, never on their way. */
export class GpuProbe {
  readonly #input: GpuProbeInput;
  #last: { share: number; sampledAtMs: number } | null = null;
  #fault: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(input: GpuProbeInput) {
    this.#input = input;
  }

  /** Share of GPU memory in use, 0 to 1, two decimals; null: not known, or not known any more. */
  get memoryUsed(): number | null {
    const settings = this.#input.settings();
    if (settings === null || this.#last === null) return null;
    const { share, sampledAtMs } = this.#last;
    return this.#input.wallNow() - sampledAtMs > settings.maxAgeMs ? null : Math.round(share * 100) / 100;
  }

  /** Reads now, and every 5 s from then on. */
  start(): void {
    void this.read();
    this.#timer = setInterval(() => void this.read(), everyMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Reads once. What cannot be read or understood counts as nothing known, and is told when it begins. Never rejects. */
  async read(): Promise<void> {
    const settings = this.#input.settings();
    if (settings === null) return;
    try {
      const { sampled_at_ms, memory_used_mib, memory_total_mib } = sample.parse(
        JSON.parse(await readFile(settings.path, 'utf8')),
      );
      this.#last = { share: Math.min(1, memory_used_mib / memory_total_mib), sampledAtMs: sampled_at_ms };
      this.#fault = null;
    } catch (error) {
      this.#last = null;
      const fault = reasonOf(error);
      if (fault !== this.#fault) this.#input.logger.warn({ path: settings.path, fault }, 'the GPU probe’s file is not usable');
      this.#fault = fault;
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return error instanceof SyntaxError ? 'no valid JSON' : error instanceof Error ? describeCause(error) : String(error);
}
