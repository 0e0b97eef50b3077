import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandIo } from '../cost/command-io.ts';
import { bundledBook } from '../cost/prices/bundled.ts';
import { parseBook, type BookFile } from '../cost/prices/book.ts';
import { renderBook } from '../cost/prices/write.ts';
import { pricesCommand } from './prices.ts';

// A server with files in the form of AWS's bulk price lists: region_index.json, and CSV with five metadata rows before its header.

const columns = [
  'SKU',
  'OfferTermCode',
  'RateCode',
  'TermType',
  'PriceDescription',
  'EffectiveDate',
  'StartingRange',
  'EndingRange',
  'Unit',
  'PricePerUnit',
  'Currency',
  'Product Family',
  'serviceCode',
  'Instance Type',
  'Tenancy',
  'Operating System',
  'Pre Installed S/W',
  'CapacityStatus',
  'usageType',
  'operation',
  'Region Code',
];

type ListRow = Partial<Record<(typeof columns)[number], string>>;

function csv(offerCode: string, rows: ListRow[]): string {
  const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;
  const head = [
    ['FormatVersion', 'v1.0'],
    ['Disclaimer', 'for information, only'],
    ['Publication Date', '2027-01-15T20:00:00Z'],
    ['Version', '20270115200000'],
    ['OfferCode', offerCode],
    columns,
  ];
  const defaults: ListRow = {
    TermType: 'OnDemand',
    EffectiveDate: '2027-01-01',
    StartingRange: '0',
    EndingRange: 'Inf',
    Currency: 'USD',
    RateCode: 'X.JRTCKXETXF.1',
  };
  return `${[...head, ...rows.map((row) => columns.map((column) => ({ ...defaults, ...row })[column] ?? ''))].map((fields) => fields.map(quote).join(',')).join('\r\n')}\r\n`;
}

const linux = { Tenancy: 'Shared', 'Operating System': 'Linux', 'Pre Installed S/W': 'NA', CapacityStatus: 'Used', Unit: 'Hrs' };
const ec2: ListRow[] = [
  {
    SKU: 'LINUX',
    usageType: 'BoxUsage:g5.xlarge',
    PricePerUnit: '1.0500000000',
    PriceDescription: '$1.05 per "On Demand" Linux, hour',
    ...linux,
  },
  { SKU: 'WINDOWS', usageType: 'BoxUsage:g5.xlarge', PricePerUnit: '1.9000000000', ...linux, 'Operating System': 'Windows' },
  {
    SKU: 'RESERVED',
    usageType: 'BoxUsage:g5.xlarge',
    PricePerUnit: '0.6000000000',
    TermType: 'Reserved',
    PriceDescription: 'OnDemand',
    ...linux,
  },
  { SKU: 'P5', usageType: 'BoxUsage:p5.48xlarge', PricePerUnit: '98.3200000000', ...linux },
  { SKU: 'NAT', usageType: 'NatGateway-Hours', Unit: 'Hrs', PricePerUnit: '0.0450000000' },
  { SKU: 'GP3T', usageType: 'EBS:VolumeP-Throughput.gp3', Unit: 'GiBps-mo', PricePerUnit: '40.9600000000' },
];

let server: Server;
let folder: string;
let files: Map<string, string | Buffer>;
/** Bytes after which the first answer to a CSV is cut. */
let cutAfter: number | undefined;
let requests: { url: string; range: string | undefined; ifRange: string | undefined }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prices-test-'));
  files = new Map();
  cutAfter = undefined;
  requests = [];
  server = createServer((request, response) => {
    const url = request.url ?? '';
    const { range } = request.headers;
    requests.push({ url, range, ifRange: request.headers['if-range'] as string | undefined });
    const body = files.get(url);
    if (body === undefined) return response.writeHead(404).end();
    const bytes = Buffer.from(body);
    const etag = `"${bytes.length}"`;
    const start = range !== undefined && request.headers['if-range'] === etag ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : 0;
    response.writeHead(start > 0 ? 206 : 200, { etag, 'content-length': bytes.length - start });
    if (cutAfter === undefined || !url.endsWith('.csv')) return response.end(bytes.subarray(start));
    const cut = cutAfter;
    cutAfter = undefined;
    return response.write(bytes.subarray(start, cut), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  serve('AmazonEC2', 'us-east-1', csv('AmazonEC2', ec2));
});

afterEach(() => new Promise((done) => server.close(done)));

function serve(offer: string, region: string, body: string): void {
  const root = `/offers/v1.0/aws/${offer}`;
  files.set(
    `${root}/current/region_index.json`,
    JSON.stringify({
      regions: { [region]: { regionCode: region, currentVersionUrl: `${root}/20270115200000/${region}/index.json` } },
    }),
  );
  files.set(`${root}/20270115200000/${region}/index.csv`, body);
}

/** A book with only some of the bundled prices. */
async function smallBook(...ids: string[]): Promise<string> {
  const path = join(folder, 'old.json');
  const { file } = bundledBook();
  await writeFile(
    path,
    renderBook({ ...file, rows: file.rows.filter((row) => ids.includes(row.id) && row.region === 'us-east-1') }),
  );
  return path;
}

async function refresh(
  ...options: string[]
): Promise<{ text: string; warnings: string[]; status: number; book: BookFile | undefined }> {
  const out = join(folder, 'new.json');
  const outcome = { text: '', warnings: [] as string[], status: 0 };
  const io: CommandIo = {
    write: (text) => void (outcome.text += text),
    warn: (text) => void outcome.warnings.push(text),
    setExitStatus: (status) => void (outcome.status = status),
    nowMs: () => Date.parse('2027-01-20T00:00:00Z'),
  };
  const { port } = server.address() as AddressInfo;
  const commandLine = [
    'refresh',
    '--base-url',
    `http://127.0.0.1:${port}`,
    '--cache',
    join(folder, 'cache'),
    '--region',
    'us-east-1',
    '--out',
    out,
    ...options,
  ];
  await pricesCommand(io).parseAsync(commandLine, { from: 'user' });
  const written = await readFile(out, 'utf8').catch(() => undefined);
  return { ...outcome, book: written === undefined ? undefined : parseBook(written, out) };
}

const rowOf = (book: BookFile | undefined, id: string): BookFile['rows'][number] | undefined =>
  book?.rows.find((row) => row.id === id);

describe('prices refresh', () => {
  test('takes the one list price on demand, notes where it is from, and shows what changed', async () => {
    const { book, text, status } = await refresh('--prices', await smallBook('ec2.ondemand.g5.xlarge', 'nat.hour'));
    expect(status).toBe(0);
    // 1.05 / 1.006 = + 4.37 %
    expect(text).toContain('changed  ec2.ondemand.g5.xlarge us-east-1: 1.006 -> 1.05 (+4.4 %)\n');
    expect(text).not.toContain('nat.hour');
    expect(rowOf(book, 'ec2.ondemand.g5.xlarge')).toMatchObject({
      tiers: [{ from: '0', to: null, usd: '1.05' }],
      sku: 'LINUX',
      source: 'aws-bulk',
      grade: 'A',
      date: '2027-01-01',
    });
    expect(book?.generatedAt).toBe('2027-01-20');
    expect(book?.offers).toEqual([
      {
        offerCode: 'AmazonEC2',
        region: 'us-east-1',
        version: '20270115200000',
        publicationDate: '2027-01-15T20:00:00Z',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  test('adds a type that the book lacked, as the missing price told', async () => {
    const { book, text } = await refresh('--prices', await smallBook('nat.hour'), '--only', '--id', 'ec2.ondemand.p5.48xlarge');
    expect(text).toContain('added    ec2.ondemand.p5.48xlarge us-east-1: - -> 98.32');
    expect(rowOf(book, 'ec2.ondemand.p5.48xlarge')?.sku).toBe('P5');
  });

  test('adds a region, with its usage types under their prefix', async () => {
    serve(
      'AmazonEC2',
      'eu-central-1',
      csv('AmazonEC2', [{ SKU: 'EUNAT', usageType: 'EUC1-NatGateway-Hours', Unit: 'Hrs', PricePerUnit: '0.0520000000' }]),
    );
    const { book } = await refresh('--prices', await smallBook('nat.hour'), '--region', 'eu-central-1', '--accept');
    expect(book?.rows.filter((row) => row.id === 'nat.hour').map((row) => [row.region, row.tiers[0]?.usd])).toContainEqual([
      'eu-central-1',
      '0.052',
    ]);
    expect(book?.regions).toContain('eu-central-1');
  });

  test('turns GiB/s into MB/s', async () => {
    const { book } = await refresh('--prices', await smallBook('ebs.gp3.throughput'));
    // 40.96 / 1024
    expect(rowOf(book, 'ebs.gp3.throughput')?.tiers[0]?.usd).toBe('0.04');
  });

  test('puts tiers in order; a free first tier is an allowance and not a price', async () => {
    const tier = (from: string, to: string, price: string): ListRow => ({
      SKU: 'KMS',
      usageType: 'us-east-1-KMS-Requests',
      Unit: 'Requests',
      StartingRange: from,
      EndingRange: to,
      PricePerUnit: price,
    });
    serve(
      'awskms',
      'us-east-1',
      csv('awskms', [
        tier('1000000', 'Inf', '0.0000020000'),
        tier('0', '20000', '0.0000000000'),
        tier('20000', '1000000', '0.0000030000'),
      ]),
    );
    const { book } = await refresh('--prices', await smallBook('kms.requests'));
    expect(rowOf(book, 'kms.requests')?.tiers).toEqual([
      { from: '0', to: '1000000', usd: '0.000003' },
      { from: '1000000', to: null, usd: '0.000002' },
    ]);
  });

  test('a price that matches two products keeps its old row, and fails', async () => {
    serve(
      'AmazonEC2',
      'us-east-1',
      csv('AmazonEC2', [...ec2, { SKU: 'NAT2', usageType: 'USE1-NatGateway-Hours', Unit: 'Hrs', PricePerUnit: '0.0900000000' }]),
    );
    const { book, warnings, status } = await refresh('--prices', await smallBook('nat.hour'));
    expect(warnings).toContain('nat.hour in us-east-1 matches 2 products: NAT, NAT2; its recipe must tell them apart');
    expect([status, rowOf(book, 'nat.hour')?.source]).toEqual([1, 'awsfeed']);
  });

  test('a price of $0 is refused: it would be a silent zero in every forecast', async () => {
    serve(
      'AmazonEC2',
      'us-east-1',
      csv('AmazonEC2', [{ SKU: 'P5', usageType: 'BoxUsage:p5.48xlarge', PricePerUnit: '0.0000000000', ...linux }]),
    );
    const { book, warnings, status } = await refresh(
      '--prices',
      await smallBook('nat.hour'),
      '--only',
      '--id',
      'ec2.ondemand.p5.48xlarge',
    );
    expect(warnings).toContain('ec2.ondemand.p5.48xlarge in us-east-1 is listed at $0');
    expect([status, rowOf(book, 'ec2.ondemand.p5.48xlarge')]).toEqual([1, undefined]);
  });

  test('another unit is refused', async () => {
    serve(
      'AmazonEC2',
      'us-east-1',
      csv('AmazonEC2', [{ SKU: 'NAT', usageType: 'NatGateway-Hours', Unit: 'GB', PricePerUnit: '0.0450000000' }]),
    );
    expect((await refresh('--prices', await smallBook('nat.hour'))).warnings).toContain(
      'nat.hour in us-east-1 is listed per GB, not per hour',
    );
  });

  test('a vanished price, or a change above 30 %, needs --accept', async () => {
    serve(
      'AmazonEC2',
      'us-east-1',
      csv('AmazonEC2', [{ SKU: 'LINUX', usageType: 'BoxUsage:g5.xlarge', PricePerUnit: '2.0120000000', ...linux }]),
    );
    const old = await smallBook('ec2.ondemand.g5.xlarge', 'nat.hour');
    const held = await refresh('--prices', old);
    expect([held.status, held.book]).toEqual([1, undefined]);
    expect(held.text).toContain('(+100.0 %)');
    expect(held.text).toContain('vanished nat.hour us-east-1: 0.045 -> -');
    const accepted = await refresh('--prices', old, '--accept');
    expect([accepted.status, rowOf(accepted.book, 'nat.hour')]).toEqual([0, undefined]);
  });

  test('a cut download goes on where it stopped', async () => {
    cutAfter = 700;
    const old = await smallBook('ec2.ondemand.g5.xlarge');
    const broken = await refresh('--prices', old);
    expect([broken.status, broken.book]).toEqual([1, undefined]);
    expect(broken.warnings.at(-1)).toContain('run the command again to go on');
    const whole = await refresh('--prices', old);
    expect(rowOf(whole.book, 'ec2.ondemand.g5.xlarge')?.tiers[0]?.usd).toBe('1.05');
    expect(requests.filter((request) => request.url.endsWith('.csv')).map((request) => request.range)).toEqual([
      undefined,
      'bytes=700-',
    ]);
  });

  test('but begins anew when the file has changed meanwhile', async () => {
    cutAfter = 700;
    const old = await smallBook('ec2.ondemand.g5.xlarge');
    await refresh('--prices', old);
    serve(
      'AmazonEC2',
      'us-east-1',
      csv('AmazonEC2', [...ec2, { SKU: 'LATER', usageType: 'Later', Unit: 'Hrs', PricePerUnit: '1' }]),
    );
    const { book, warnings } = await refresh('--prices', old);
    expect(rowOf(book, 'ec2.ondemand.g5.xlarge')?.tiers[0]?.usd).toBe('1.05');
    // six metadata and header lines, and seven rates
    expect(warnings.some((warning) => warning.includes('13 lines'))).toBe(true);
  });

  test('memory does not grow with the file', async () => {
    // 96 MB of rates of other products around the one that is wanted.
    const filler = `${csv(
      'AmazonEC2',
      Array.from({ length: 400 }, (_, index) => ({
        SKU: `F${index}`,
        usageType: `BoxUsage:x${index}.large`,
        PricePerUnit: '1',
        ...linux,
      })),
    )
      .split('\r\n')
      .slice(6, -1)
      .join('\r\n')}\r\n`;
    const body = Buffer.from(csv('AmazonEC2', ec2) + filler.repeat(Math.ceil(96e6 / filler.length)));
    files.set('/offers/v1.0/aws/AmazonEC2/20270115200000/us-east-1/index.csv', body);
    const old = await smallBook('ec2.ondemand.g5.xlarge');
    const before = process.memoryUsage();
    const { book, warnings } = await refresh('--prices', old);
    const after = process.memoryUsage();
    expect(rowOf(book, 'ec2.ondemand.g5.xlarge')?.tiers[0]?.usd).toBe('1.05');
    expect(warnings.filter((warning) => /AmazonEC2 us-east-1: \d+ of \d+ MB/.test(warning)).length).toBeGreaterThanOrEqual(4);
    // The server in this process copies the body once (96 MB); the reader must stay far below another copy.
    expect(after.heapUsed - before.heapUsed).toBeLessThan(80e6);
  });

  test('without a network: one line', async () => {
    const { status, warnings } = await refresh('--prices', await smallBook('nat.hour'), '--base-url', 'http://127.0.0.1:9');
    expect([status, warnings]).toEqual([1, ['no connection: ECONNREFUSED connect ECONNREFUSED 127.0.0.1:9']]);
  });

  test('an offer that cannot be had is named', async () => {
    const { status, warnings } = await refresh('--prices', await smallBook('kms.key'));
    expect([status, warnings.at(-1)]).toEqual([
      1,
      expect.stringMatching(/awskms\/current\/region_index\.json did not answer with a region index \(status 404\)/),
    ]);
  });
});

test('prices list shows unit, date and source', async () => {
  let text = '';
  const io: CommandIo = {
    write: (part) => void (text += part),
    warn: () => undefined,
    setExitStatus: () => undefined,
    nowMs: () => 0,
  };
  await pricesCommand(io).parseAsync(['list', 'nat.', '--region', 'us-east-1'], { from: 'user' });
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
  ).toEqual(['nat.gb us-east-1 $0.045 per GB 2025-10-28 awsfeed A', 'nat.hour us-east-1 $0.045 per hour 2025-10-28 awsfeed A']);
});
