/**
 * A map that forgets what nobody asked for during `idleMs` to twice that, without walking over it: two generations, of which the older is
 * dropped whole.
 */
export class IdleMap<Value> {
  private readonly idleMs: number;
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();
  private turnsAtMs = -Infinity;

  constructor(idleMs: number) {
    this.idleMs = idleMs;
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: string): Value | undefined {
    const found = this.young.get(key);
    if (found !== undefined) return found;
    const older = this.old.get(key);
    if (older === undefined) return undefined;
    this.old.delete(key);
    this.young.set(key, older);
    return older;
  }

  set(key: string, value: Value): void {
    this.old.delete(key);
    this.young.set(key, value);
  }

  /** To be called often; does something once in `idleMs`. */
  turn(nowMs: number): void {
    // A clock that stepped back must not keep everything until it has caught up.
    if (nowMs < this.turnsAtMs && nowMs >= this.turnsAtMs - this.idleMs) return;
    this.old = nowMs < this.turnsAtMs + this.idleMs ? this.young : new Map();
    this.young = new Map();
    this.turnsAtMs = nowMs + this.idleMs;
  }
}
