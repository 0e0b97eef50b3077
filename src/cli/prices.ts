import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { guarded, processIo, type CommandIo } from '../cost/command-io.ts';
import { createBook, parseBook, type BookFile } from '../cost/prices/book.ts';
import { bundledBook } from '../cost/prices/bundled.ts';
import { renderBook } from '../cost/prices/write.ts';
import { compareBooks, renderChanges, suspicious } from '../cost/refresh/changes.ts';
import { formatUnitPrice } from '../cost/report/report.ts';
import { GatewayError } from '../errors.ts';
import { noProxies, type Proxies } from '../transport/proxies.ts';

const collect = (value: string, all: string[]): string[] => [...all, value];

interface RefreshFlags {
  region: string[];
  id: string[];
  only?: boolean;
  prices?: string;
  out: string;
  accept?: boolean;
  cache: string;
  baseUrl: string;
}

async function readBookFile(path: string | undefined): Promise<BookFile> {
  if (path === undefined) return bundledBook().file;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new GatewayError('not_found', `cannot read ${path}`, { cause });
  });
  return parseBook(text, path);
}

async function runRefresh(flags: RefreshFlags, io: CommandIo, proxies: Proxies): Promise<void> {
  const old = await readBookFile(flags.prices);
  const [{ Transport }, { refreshBook }] = await Promise.all([
    import('../transport/transport.ts'),
    import('../cost/refresh/refresh.ts'),
  ]);
  const transport = new Transport({ proxies });
  try {
    const { book, absent, problems } = await refreshBook(old, {
      transport,
      baseUrl: flags.baseUrl,
      cacheDirectory: flags.cache,
      regions: flags.region.length > 0 ? flags.region : old.regions,
      moreIds: flags.id,
      onlyIds: flags.only === true ? flags.id : [],
      nowMs: io.nowMs(),
      onProgress: (message) => io.warn(message),
    });
    const changes = compareBooks(old, book);
    io.write(renderChanges(changes));
    if (absent.length > 0) io.write(`not in the files: ${absent.map((entry) => `${entry.id} (${entry.region})`).join(', ')}\n`);
    for (const problem of problems) io.warn(problem);
    const held = suspicious(changes);
    if (held.length > 0 && flags.accept !== true) {
      throw new GatewayError(
        'bad_request',
        `${held.length} prices vanished or changed by more than 30 %: nothing was written; look at them, then run again with --accept`,
      );
    }
    await writeFile(flags.out, renderBook(book));
    if (problems.length > 0) io.setExitStatus(1);
    io.write(`wrote ${flags.out}: ${book.rows.length} prices; use it with \`sluice cost --prices ${flags.out}\`\n`);
  } finally {
    await transport.close();
  }
}

async function runList(pattern: string, flags: { region?: string; prices?: string }, io: CommandIo): Promise<void> {
  const book = createBook(await readBookFile(flags.prices));
  for (const { id, region } of book.file.rows) {
    const price = book.find(id, region);
    if (price === undefined || !id.includes(pattern) || (flags.region !== undefined && region !== flags.region)) continue;
    io.write(
      `${id.padEnd(38)} ${region.padEnd(15)} ${formatUnitPrice(price).padEnd(44)} ${price.date}  ${price.source} ${price.grade}\n`,
    );
  }
}

/** `sluice prices`: what is in the price book, and how to renew it from AWS's public bulk files. */
export function pricesCommand(io: CommandIo = processIo, proxies = noProxies): Command {
  const command = new Command('prices').description('the price book behind `sluice cost`');
  command
    .command('refresh')
    .description(
      "read AWS's public bulk price files (no credentials; hundreds of MB, in constant memory, resumed when cut) and show what changed",
    )
    .option('--region <name>', 'region to read, several times for several (default: those of the book)', collect, [])
    .option('--id <price>', 'a further price, such as ec2.ondemand.p5.48xlarge', collect, [])
    .option('--only', 'read nothing but the prices named with --id')
    .option('--prices <file>', 'book to start from (default: the bundled one)')
    .option('--out <file>', 'where the new book goes', 'sluice-prices.json')
    .option('--accept', 'write also when prices vanished or changed by more than 30 %')
    .option('--cache <folder>', 'where downloads lie until they are read', join(tmpdir(), 'sluice-prices'))
    .option('--base-url <url>', "AWS's endpoint of bulk files", 'https://pricing.us-east-1.amazonaws.com')
    .action((flags: RefreshFlags) => guarded(io, () => runRefresh(flags, io, proxies)));
  command
    .command('list')
    .description('show prices with unit, date, source and grade; ~ marks those that are not from AWS data')
    .argument('[text]', 'only ids that contain this', '')
    .option('--region <name>', 'only this region')
    .option('--prices <file>', 'another book')
    .action((pattern: string, flags: { region?: string; prices?: string }) => guarded(io, () => runList(pattern, flags, io)));
  return command;
}
