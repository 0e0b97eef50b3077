import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A unit file: values by section and name; a name may stand more than once. */
type Unit = ReadonlyMap<string, readonly string[]>;

/** Reads a unit file. */
export function readUnit(text: string): Unit {
  const values = new Map<string, string[]>();
  let section = '';
  for (const line of text.split('\n')) {
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (heading !== undefined) section = heading;
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const key = `${section}.${name}`;
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

/** As much of systemd as the host's units use: order, environment, restarts, one timer. Each unit's output goes to `units/<unit>.log`. */
export class Units {
  readonly #root: string;
  readonly #path: string;
  readonly #started = new Map<string, Promise<void>>();

  /** @param path what the units find programs by */
  constructor(root: string, path: string) {
    this.#root = root;
    this.#path = path;
    mkdirSync(join(root, 'units'), { recursive: true });
  }

  /** Settles when the unit counts as started, and so do those that it wants. Units that are not the host's own are there already. */
  start(name: string): Promise<void> {
    const started = this.#started.get(name) ?? this.#start(name);
    this.#started.set(name, started);
    return started;
  }

  async #start(name: string): Promise<void> {
    const file = join(this.#root, 'etc/systemd/system', name);
    if (!existsSync(file)) return;
    const unit = readUnit(readFileSync(file, 'utf8'));
    const list = (key: string) => (unit.get(key) ?? []).flatMap((value) => value.split(' '));
    const wanted = list('Unit.Wants').map((other) => this.start(other));
    if (name.endsWith('.target')) return void (await Promise.all(wanted));
    await Promise.all(list('Unit.After').map((other) => this.start(other)));
    if (name.endsWith('.timer')) void this.#repeat(name.replace(/timer$/, 'service'), Number(list('Timer.OnUnitInactiveSec')[0]));
    else if (list('Service.Type')[0] === 'oneshot') await this.#run(name, unit);
    else void this.#run(name, unit);
  }

  async #repeat(name: string, everySeconds: number): Promise<void> {
    const unit = readUnit(readFileSync(join(this.#root, 'etc/systemd/system', name), 'utf8'));
    for (;;) {
      await sleep(everySeconds * 1000);
      await this.#once(name, unit);
    }
  }

  /** Runs a service as often as it says; of a oneshot, settles when it has succeeded once, or is not tried again. */
  async #run(name: string, unit: Unit): Promise<void> {
    const restart = unit.get('Service.Restart')?.[0] ?? 'no';
    for (;;) {
      const status = await this.#once(name, unit);
      if (restart === 'no' || (restart === 'on-failure' && status === 0)) return;
      await sleep(Number(unit.get('Service.RestartSec')?.[0] ?? 1) * 1000);
    }
  }

  #once(name: string, unit: Unit): Promise<number | null> {
    for (const folder of unit.get('Service.RuntimeDirectory') ?? [])
      mkdirSync(join(this.#root, 'run', folder), { recursive: true });
    const command = unit.get('Service.ExecStart')?.[0] ?? '';
    const log = join(this.#root, 'units', `${name}.log`);
    appendFileSync(log, `$ ${command}\n`);
    const output = openSync(log, 'a');
    const environment = { PATH: this.#path, LLM_ROOT: this.#root, ...this.#variables(unit) };
    const child = spawn('/bin/bash', [join(this.#root, command)], { env: environment, stdio: ['ignore', output, output] });
    return new Promise((resolve) => child.once('close', resolve));
  }

  #variables(unit: Unit): Record<string, string> {
    const files = (unit.get('Service.EnvironmentFile') ?? []).map((path) => readFileSync(join(this.#root, path), 'utf8'));
    const lines = [...files.flatMap((text) => text.split('\n')), ...(unit.get('Service.Environment') ?? [])].filter((line) =>
      line.includes('='),
    );
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }
}
