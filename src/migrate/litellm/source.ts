import { Client } from 'pg';
import { sourceTables, type SourceTableName } from './tables.ts';

/** A row of LiteLLM's: only columns that its version has. */
export type SourceRow = Readonly<Record<string, unknown>>;

/** The database is not one that can be imported, or cannot be reached. The message says what to do, and holds no password. */
export class SourceError extends Error {}

interface Column {
  name: string;
  type: string;
}

const connectTimeoutMs = 10_000;
/** Dates are read as text: no time zone of this machine comes between. */
const momentFormat = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';

/** LiteLLM's PostgreSQL database, all of it as it was at one moment: one read-only transaction of isolation level repeatable read. */
export class LitellmSource {
  readonly #client: Client;
  readonly #schema: string;
  readonly #columns: ReadonlyMap<string, readonly Column[]>;

  private constructor(client: Client, schema: string, columns: ReadonlyMap<string, readonly Column[]>) {
    this.#client = client;
    this.#schema = schema;
    this.#columns = columns;
  }

  /** Connects to a URL as LiteLLM has it (`?schema=` says where its tables are; default `public`). @throws SourceError */
  static async open(url: string): Promise<LitellmSource> {
    const { address, schema } = readUrl(url);
    const client = new Client({
      connectionString: address,
      connectionTimeoutMillis: connectTimeoutMs,
      application_name: 'sluice import',
    });
    // A connection that breaks between two statements; the next statement tells.
    client.on('error', () => undefined);
    try {
      await client.connect();
      // While rows are written elsewhere, nothing is asked here.
      await client.query('set idle_in_transaction_session_timeout = 0');
      await client.query('begin transaction isolation level repeatable read, read only');
      const source = new LitellmSource(client, schema, await readColumns(client, schema));
      source.#check();
      return source;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (error instanceof SourceError) throw error;
      throw new SourceError(`LiteLLM’s database cannot be read: ${reasonOf(error)}. Check --database-url`, { cause: error });
    }
  }

  /** Whether this version of LiteLLM has a table. */
  has(table: SourceTableName): boolean {
    return this.#columns.has(sourceTables[table].name);
  }

  /** Every row of a table, in a fixed order; none where the version has no such table. */
  async rows(table: SourceTableName): Promise<SourceRow[]> {
    if (!this.has(table)) return [];
    const order = sourceTables[table].order.filter((name) => this.#has(table, name)).map(quoted);
    const { rows } = await this.#client.query<SourceRow>(`${this.#select(table)} order by ${order.join(', ')}`);
    return rows;
  }

  /** Rows of the log of requests since a moment (ISO 8601), in pages. */
  async *spendLogs(since: string, pageSize: number): AsyncGenerator<readonly SourceRow[]> {
    if (!this.has('spendLogs')) return;
    let after: readonly [string, string] = [since, ''];
    for (;;) {
      const { rows } = await this.#client.query<SourceRow>(
        `${this.#select('spendLogs')} where ("startTime", "request_id") > ($1::timestamp, $2) order by "startTime", "request_id" limit ${pageSize}`,
        [...after],
      );
      if (rows.length > 0) yield rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageSize) return;
      after = [String(last['startTime']).replace('Z', ''), String(last['request_id'])];
    }
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }

  #check(): void {
    const missing = Object.values(sourceTables).filter((table) => !('isOptional' in table) && !this.#columns.has(table.name));
    if (missing.length === Object.values(sourceTables).filter((table) => !('isOptional' in table)).length) {
      throw new SourceError(
        `this is no database of LiteLLM: schema "${this.#schema}" has none of its tables; check --database-url, or add ?schema=`,
      );
    }
    const faults = missing.map(({ name }) => `table "${name}"`);
    for (const [table, { name, required }] of Object.entries(sourceTables)) {
      if (!this.#columns.has(name)) continue;
      const lacking = required.filter((column) => !this.#has(table as SourceTableName, column));
      faults.push(...lacking.map((column) => `column "${column}" of "${name}"`));
    }
    if (faults.length > 0)
      throw new SourceError(`this version of LiteLLM’s database cannot be imported; it lacks ${faults.join(', ')}`);
  }

  #has(table: SourceTableName, column: string): boolean {
    return this.#columns.get(sourceTables[table].name)?.some(({ name }) => name === column) === true;
  }

  #select(table: SourceTableName): string {
    const { name, required, wanted } = sourceTables[table];
    const names = new Set<string>([...required, ...wanted]);
    const isWhole = 'isWhole' in sourceTables[table];
    const columns = (this.#columns.get(name) ?? []).filter((column) => isWhole || names.has(column.name));
    return `select ${columns.map(expression).join(', ')} from ${quoted(this.#schema)}.${quoted(name)}`;
  }
}

/** The parameters that Prisma adds to URLs and PostgreSQL's clients do not know. */
function readUrl(url: string): { address: string; schema: string } {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new SourceError('--database-url must be like postgresql://user:password@host:5432/litellm', { cause });
  }
  if (!/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new SourceError('--database-url must begin with postgresql://; LiteLLM keeps its data in PostgreSQL only');
  }
  const schema = parsed.searchParams.get('schema') ?? 'public';
  for (const name of [
    'schema',
    'connection_limit',
    'pool_timeout',
    'pgbouncer',
    'connect_timeout',
    'socket_timeout',
    'sslaccept',
  ]) {
    parsed.searchParams.delete(name);
  }
  return { address: parsed.href, schema };
}

async function readColumns(client: Client, schema: string): Promise<Map<string, Column[]>> {
  const { rows } = await client.query<{ table_name: string; column_name: string; data_type: string }>(
    'select table_name, column_name, data_type from information_schema.columns where table_schema = $1 and table_name = any($2)',
    [schema, Object.values(sourceTables).map(({ name }) => name)],
  );
  const tables = new Map<string, Column[]>();
  for (const { table_name, column_name, data_type } of rows) {
    const columns = tables.get(table_name) ?? [];
    columns.push({ name: column_name, type: data_type });
    tables.set(table_name, columns);
  }
  return tables;
}

/** Money is read as the shortest text that is the same number, counts and times as text. */
function expression({ name, type }: Column): string {
  const column = quoted(name);
  switch (type) {
    case 'timestamp without time zone':
      return `to_char(${column}, '${momentFormat}') as ${column}`;
    case 'timestamp with time zone':
      return `to_char(${column} at time zone 'UTC', '${momentFormat}') as ${column}`;
    case 'double precision':
    case 'bigint':
    case 'integer':
    case 'numeric':
      return `${column}::text as ${column}`;
    default:
      return column;
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
