import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readEnvironment } from '../../src/config/environment.ts';
import { parseConfig } from '../../src/config/load.ts';
import { startServer, type RunningServer } from '../../src/server/server.ts';
import type { OwnedLogger } from '../../src/telemetry/log.ts';

/** One line of the log as it would be written. */
export type LogLine = Record<string, unknown> & { level: string; msg: string };

/** A gateway in this process, with its log in memory. */
export interface TestGateway {
  url: string;
  port: number;
  log: LogLine[];
  /** Lines for machines, as they would be written. */
  lines: string[];
  server: RunningServer;
  /** The access line of the request with that id; waits for it. */
  accessLine(requestId: string): Promise<LogLine>;
  /** Forgets the log so far. */
  clear(): void;
  close(): Promise<number>;
}

type Settings = Record<string, unknown>;

/**
 * Starts a gateway on a free port. `config` is what `sluice.yaml` would hold; retries wait one millisecond unless it says otherwise. `variables` is
 * its environment; a gateway with keys and no database server keeps its database below `SLUICE_DATA`, else in a folder that goes with it.
 */
export async function startGateway(config: Settings, variables: Record<string, string> = {}): Promise<TestGateway> {
  const { server: serverSettings, routing, ...rest } = config;
  const full = {
    ...rest,
    server: { port: 0, ...(serverSettings as Settings | undefined) },
    routing: { retryDelayMs: 1, ...(routing as Settings | undefined) },
  };
  const log: LogLine[] = [];
  const lines: string[] = [];
  const waiters: (() => void)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'sluice-gateway-'));
  const server = await startServer({
    config: parseConfig(stringify(full), 'test.yaml', {}),
    configFile: null,
    environment: readEnvironment({ SLUICE_DATA: folder, ...variables }),
    logger: memoryLogger(log, lines, () => {
      for (const wake of waiters.splice(0)) wake();
    }),
  }).catch((error: unknown) => {
    rmSync(folder, { recursive: true });
    throw error;
  });
  const find = (requestId: string) => log.find((line) => line.msg === 'request' && line['request_id'] === requestId);
  return {
    url: server.url,
    port: Number(new URL(server.url).port),
    log,
    lines,
    server,
    async accessLine(requestId) {
      for (;;) {
        const line = find(requestId);
        if (line !== undefined) return line;
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
    clear: () => log.splice(0),
    close: () => server.close().finally(() => rmSync(folder, { recursive: true, force: true })),
  };
}

function memoryLogger(log: LogLine[], lines: string[], onLine: () => void): OwnedLogger {
  const write = (level: string) => (fields: object, message: string) => {
    log.push({ ...(JSON.parse(JSON.stringify(fields)) as object), level, msg: message });
    onLine();
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    request: (fields) => write('info')(fields, 'request'),
    line: (text) => {
      lines.push(text);
      onLine();
    },
    setLevel: () => undefined,
    flush: () => undefined,
  };
}
