import { createHash } from 'node:crypto';

/** One line of CSV as fields (RFC 4180; AWS's files have no line breaks inside fields). */
function splitLine(line: string): string[] {
  const fields: string[] = [];
  let position = 0;
  while (position <= line.length) {
    if (line[position] === '"') {
      let end = position + 1;
      while (end < line.length && (line[end] !== '"' || line[end + 1] === '"')) end += line[end] === '"' ? 2 : 1;
      fields.push(line.slice(position + 1, end).replaceAll('""', '"'));
      position = end + 2;
    } else {
      const comma = line.indexOf(',', position);
      const end = comma === -1 ? line.length : comma;
      fields.push(line.slice(position, end));
      position = end + 1;
    }
  }
  return fields;
}

/** A column's name as it is looked up: the files write `usageType`, `Usage Type` and `Product Family`. */
const columnKey = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');

interface PriceListHead {
  publicationDate: string;
  version: string;
  offerCode: string;
}

/** One rate of a price list: its columns by normalised name. */
export type ListRow = (column: string) => string;

export interface PriceListReader {
  head: PriceListHead;
  sha256: string;
  lines: number;
}

async function* toLines(chunks: AsyncIterable<Buffer>, onChunk: (chunk: Buffer) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    onChunk(chunk);
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  if (rest !== '') yield rest;
}

/**
 * Streams a bulk price list in CSV: metadata rows, then the header that begins with `SKU`, then one line for each rate. `wanted` sees the raw
 * line first, because most lines are thrown away. Memory does not grow with the file.
 */
export async function readPriceList(
  chunks: AsyncIterable<Buffer>,
  wanted: (line: string) => boolean,
  visit: (row: ListRow) => void,
): Promise<PriceListReader> {
  const hash = createHash('sha256');
  const metadata = new Map<string, string>();
  let columns: Map<string, number> | undefined;
  let lines = 0;
  for await (const line of toLines(chunks, (chunk) => hash.update(chunk))) {
    lines += 1;
    if (columns === undefined) {
      const fields = splitLine(line);
      if (fields[0] === 'SKU') columns = new Map(fields.map((name, index) => [columnKey(name), index]));
      else metadata.set(columnKey(fields[0] ?? ''), fields[1] ?? '');
      continue;
    }
    if (!wanted(line)) continue;
    const fields = splitLine(line);
    const known = columns;
    visit((column) => fields[known.get(column) ?? -1] ?? '');
  }
  const head = {
    publicationDate: metadata.get('publicationdate') ?? '',
    version: metadata.get('version') ?? '',
    offerCode: metadata.get('offercode') ?? '',
  };
  return { head, sha256: hash.digest('hex'), lines };
}
