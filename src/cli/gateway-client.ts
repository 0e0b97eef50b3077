import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import type { Environment } from '../config/environment.ts';
import { findConfigFile, readConfig } from '../config/load.ts';
import { TransportError } from '../transport/transport-error.ts';
import { Transport, type CollectedAnswer } from '../transport/transport.ts';

const answerTimeoutMs = 60_000;
const answerLimitBytes = 256 * 1024 * 1024;

/** Where commands write. Data goes to `stdout`, notes and errors to `stderr`. */
export interface Output {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/** What a command that talks to a gateway needs from the outside. */
export interface GatewayCommandOptions {
  environment: Environment;
  /** Default: those of the process. */
  output?: Output;
}

/** Options that every such command has. */
export interface GatewayFlags {
  url?: string;
  keyFile?: string;
  json?: true;
}

/** A command cannot be done. The message says why, and what to do; `exitCode` 1: refused or misused, 2: no gateway answers. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, { exitCode = 1, cause }: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** Adds the options of `GatewayFlags` to a command. There is none for the key itself: others would see it in the list of processes. */
export function withGatewayOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (SLUICE_URL; default http://127.0.0.1 at the configured port)')
    .addOption(
      new Option('--key-file <file>', 'file that holds the key (else SLUICE_API_KEY, SLUICE_MASTER_KEY, LITELLM_MASTER_KEY)'),
    )
    .option('--json', 'print JSON');
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** A running gateway's admin API. Every call rejects with `CommandError`. */
export class GatewayClient {
  readonly #transport: Transport;
  readonly #url: string;
  readonly #key: { text: string; from: string } | null;

  /** @throws CommandError: the URL is none, or the file of the key cannot be read */
  constructor({ environment }: Pick<GatewayCommandOptions, 'environment'>, flags: GatewayFlags) {
    this.#transport = new Transport({ proxies: environment.proxies });
    this.#url = gatewayUrl(environment, flags.url);
    this.#key = keyOf(environment, flags.keyFile);
  }

  async get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return parse(await this.#send('GET', path + queryText(query), null)) as Answer;
  }

  async getText(path: string, query: Query): Promise<string> {
    return (await this.#send('GET', path + queryText(query), null)).body.toString('utf8');
  }

  async post<Answer>(path: string, body: object): Promise<Answer> {
    return parse(await this.#send('POST', path, JSON.stringify(body))) as Answer;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #send(method: 'GET' | 'POST', path: string, body: string | null): Promise<CollectedAnswer> {
    const headers: Record<string, string> = { accept: 'application/json, text/csv' };
    if (this.#key !== null) headers['authorization'] = `Bearer ${this.#key.text}`;
    if (body !== null) headers['content-type'] = 'application/json';
    const limits = { timeoutMs: answerTimeoutMs, limitBytes: answerLimitBytes };
    let answer: CollectedAnswer;
    try {
      answer = await this.#transport.collect({ method, url: this.#url + path, headers, body }, limits).answer;
    } catch (error) {
      throw this.#unanswered(error);
    }
    if (answer.status < 400) return answer;
    throw this.#refused(answer);
  }

  #unanswered(error: unknown): CommandError {
    if (!(error instanceof TransportError)) throw error;
    return new CommandError(this.#unansweredMessage(error), { exitCode: 2, cause: error });
  }

  #unansweredMessage({ failure, proxy, cause, message }: TransportError): string {
    if (proxy !== undefined)
      return `${this.#url}: ${message}. Is HTTPS_PROXY or HTTP_PROXY right, or should NO_PROXY name the host?`;
    // Without a cause no connection was tried: a setting is wrong.
    if (failure === 'unreachable' && cause !== undefined)
      return `no gateway answers at ${this.#url}. Start one: sluice serve; or name the right one with --url or SLUICE_URL`;
    return `the gateway at ${this.#url} gave no whole answer: ${message}`;
  }

  #refused({ status, body }: CollectedAnswer): CommandError {
    const told = messageOf(body) ?? `status ${status}, without a reason; is this a gateway?`;
    if (status !== 401) return new CommandError(`the gateway at ${this.#url} refused: ${told}`);
    const advice =
      this.#key === null
        ? 'Set SLUICE_API_KEY (or SLUICE_MASTER_KEY) to a key that may do this, or give --key-file'
        : `The key is from ${this.#key.from}; is it this gateway’s?`;
    return new CommandError(`the gateway at ${this.#url} does not let this in: ${told}\n${advice}`);
  }
}

/** Runs a command against a gateway; what cannot be done is told on standard error, with the exit code. */
export async function withGateway(
  options: GatewayCommandOptions,
  flags: GatewayFlags,
  action: (client: GatewayClient, output: Output) => Promise<void>,
): Promise<void> {
  const output = options.output ?? process;
  let client: GatewayClient | undefined;
  try {
    client = new GatewayClient(options, flags);
    await action(client, output);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    output.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  } finally {
    await client?.close();
  }
}

function gatewayUrl(environment: Environment, given: string | undefined): string {
  return urlOf(given ?? environment.gateway.url ?? `http://127.0.0.1:${environment.port ?? configuredPort(environment)}`);
}

/** The address of a gateway, without a slash at its end. @throws CommandError: it is none */
export function urlOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CommandError(`"${text}" is no address of a gateway; write it like http://127.0.0.1:8000`);
  }
  return text.replace(/\/+$/, '');
}

function configuredPort(environment: Environment): number {
  try {
    return readConfig(findConfigFile(environment.configPath, process.cwd()), environment.variables).config.server.port;
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new CommandError(`where is the gateway? Give --url, for its configuration cannot be read:\n${cause.message}`, {
      cause,
    });
  }
}

/** The key of a file, else of the environment, and where it is from; null: none. @throws CommandError: the file holds none */
export function keyOf(
  { gateway, masterKey }: Pick<Environment, 'gateway' | 'masterKey'>,
  file: string | undefined,
): { text: string; from: string } | null {
  if (file !== undefined) return { text: readKeyFile(file), from: file };
  if (gateway.apiKey !== undefined) return { text: gateway.apiKey, from: 'SLUICE_API_KEY' };
  return masterKey === undefined ? null : { text: masterKey, from: 'SLUICE_MASTER_KEY or LITELLM_MASTER_KEY' };
}

function readKeyFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new CommandError(`--key-file: ${file} cannot be read (${code})`, { cause });
  }
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new CommandError(`--key-file: ${file} must hold one key and nothing else`);
}

function queryText(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function parse({ body }: CollectedAnswer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new CommandError('the answer is not JSON; is this a gateway?', { cause });
  }
}

/** What an error body says, in our form or in LiteLLM's; undefined: nothing that can be read. */
function messageOf(body: Buffer): string | undefined {
  try {
    const { error, detail } = JSON.parse(body.toString('utf8')) as {
      error?: { message?: unknown; details?: readonly { field?: unknown; message?: unknown }[] };
      detail?: unknown;
    };
    if (Array.isArray(detail)) return detail.map(({ loc, msg }) => `${[loc].flat().at(-1)}: ${msg}`).join('; ');
    if (typeof detail === 'string') return detail;
    return typeof error?.message === 'string' ? error.message : undefined;
  } catch {
    return undefined;
  }
}
