interface HealthSettings {
  /** Failures in a row after which a backend is put last. */
  allowedFails: number;
  /** For how long. */
  cooldownMs: number;
}

/** What is known of a backend: its last check, its failures in a row, and whether it is put last for a while. */
export class BackendHealth {
  #check: 'unknown' | 'up' | 'down' = 'unknown';
  #reason: string | null = null;
  #failuresInARow = 0;
  #coolUntilMs = 0;
  #settings: HealthSettings;
  #waiting = 0;

  constructor(settings: HealthSettings) {
    this.#settings = settings;
  }

  /** New settings, from here on. */
  configure(settings: HealthSettings): void {
    this.#settings = settings;
  }

  /** `unknown` until the first check or request. */
  get check(): 'unknown' | 'up' | 'down' {
    return this.#check;
  }

  /** Why it is down, for operators. */
  get reason(): string | null {
    return this.#reason;
  }

  /** Requests that wait in the engine, as it said at its last check; 0 where it says nothing. */
  get waiting(): number {
    return this.#check === 'down' ? 0 : this.#waiting;
  }

  /** What it said of them. */
  waits(count: number): void {
    this.#waiting = count;
  }

  /** Whether others should be asked first. */
  isAvoided(nowMs: number): boolean {
    return this.#check === 'down' || nowMs < this.#coolUntilMs;
  }

  /** An answer came, of a request or of a check. */
  succeeded(): void {
    this.#check = 'up';
    this.#reason = null;
    this.#failuresInARow = 0;
    this.#coolUntilMs = 0;
  }

  /** A request failed in a way that says something about the backend. `retryAfterMs` is the backend's own wish to be left alone. */
  failed(nowMs: number, retryAfterMs: number | undefined): void {
    this.#failuresInARow++;
    if (retryAfterMs !== undefined && retryAfterMs > 0) this.#coolUntilMs = Math.max(this.#coolUntilMs, nowMs + retryAfterMs);
    else if (this.#failuresInARow >= this.#settings.allowedFails) this.#coolUntilMs = nowMs + this.#settings.cooldownMs;
  }

  /** A check failed. */
  down(reason: string): void {
    this.#check = 'down';
    this.#reason = reason;
  }
}
