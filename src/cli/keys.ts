import { Command, InvalidArgumentError } from 'commander';
import {
  CommandError,
  withGateway,
  withGatewayOptions,
  type GatewayClient,
  type GatewayCommandOptions,
  type GatewayFlags,
  type Output,
} from './gateway-client.ts';
import { fieldsOf, withKeyOptions, type KeyFlags } from './key-fields.ts';
import { describeKey, keyTable, labelOf, stateOf, type KeyRow } from './key-view.ts';

type NewKey = KeyRow & { key: string };
interface KeyPage {
  keys: KeyRow[];
  total_count: number;
  total_pages: number;
}

const pageSize = 100;

/** `sluice keys`: the keys of a running gateway, over its admin API. A key is named by its alias, its hash, or the hash's beginning. */
export function keysCommand(options: GatewayCommandOptions): Command {
  const command = new Command('keys').description('list, make and change keys of a running gateway');
  const add = (name: string, description: string) => withGatewayOptions(command.command(name).description(description));
  const inGateway = (flags: GatewayFlags, action: (client: GatewayClient, output: Output) => Promise<void>) =>
    withGateway(options, flags, action);
  add('list', 'show keys, the newest first')
    .option('--user <id>', 'of this user')
    .option('--team <id>', 'of this team')
    .option('--search <text>', 'whose alias, name, hash, user or team holds this')
    .option('--limit <number>', 'at most so many', parseLimit, 1_000)
    .action((flags: ListFlags) => inGateway(flags, (client, output) => list(client, output, flags)));
  withKeyOptions(add('create', 'make a key; standard output gets the key and nothing else'), 'create').action(
    (flags: GatewayFlags & KeyFlags) =>
      inGateway(flags, async (client, output) => {
        const made = await client.post<NewKey>('/key/generate', fieldsOf(flags));
        showNewKey(output, flags, made);
      }),
  );
  add('info', 'show one key; without a name the one that is used')
    .argument('[key]', 'alias, hash, or the beginning of its hash')
    .action((name: string | undefined, flags: GatewayFlags) =>
      inGateway(flags, async (client, output) => {
        const key = name === undefined ? undefined : (await findKey(client, name)).token;
        const { key: token, info } = await client.get<{ key: string; info: KeyRow }>('/key/info', { key });
        show(output, flags, { ...info, token: info.token ?? token });
      }),
    );
  withKeyOptions(add('update', 'change a key').argument('<key>', 'alias, hash, or the beginning of its hash'), 'update').action(
    (name: string, flags: GatewayFlags & KeyFlags) =>
      inGateway(flags, async (client, output) => {
        const fields = fieldsOf(flags);
        if (Object.keys(fields).length === 0) throw new CommandError('nothing to change; see sluice keys update --help');
        const { token } = await findKey(client, name);
        const row = await client.post<KeyRow>('/key/update', { ...fields, key: token });
        show(output, flags, { ...row, token });
      }),
  );
  for (const verb of ['block', 'unblock'] as const) {
    add(verb, verb === 'block' ? 'refuse keys from now on' : 'let blocked keys in again')
      .argument('<keys...>', 'aliases, hashes, or beginnings of hashes')
      .action((names: string[], flags: GatewayFlags) =>
        inGateway(flags, (client, output) => setBlocked(client, output, { names, verb, flags })),
      );
  }
  add('rotate', 'replace a key by a new one; standard output gets the new key and nothing else')
    .argument('<key>', 'alias, hash, or the beginning of its hash')
    .option('--grace <duration>', 'how long the old one is still taken, like 24h; default: not at all')
    .action((name: string, flags: GatewayFlags & { grace?: string }) =>
      inGateway(flags, async (client, output) => {
        const { token } = await findKey(client, name);
        const body = flags.grace === undefined ? {} : { grace_period: flags.grace };
        showNewKey(output, flags, await client.post<NewKey>(`/key/${token}/regenerate`, body));
      }),
    );
  add('delete', 'delete keys for ever')
    .argument('<keys...>', 'aliases, hashes, or beginnings of hashes')
    .option('--yes', 'do it')
    .action((names: string[], flags: GatewayFlags & { yes?: true }) =>
      inGateway(flags, (client, output) => remove(client, output, { names, flags })),
    );
  return command;
}

interface ListFlags extends GatewayFlags {
  user?: string;
  team?: string;
  search?: string;
  limit: number;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('a number of keys, from 1 on.');
  return limit;
}

async function list(client: GatewayClient, output: Output, flags: ListFlags): Promise<void> {
  const filter = { user_id: flags.user, team_id: flags.team, search: flags.search };
  const rows: KeyRow[] = [];
  let total = Infinity;
  for (let page = 1; rows.length < Math.min(total, flags.limit); page++) {
    const answer = await listPage(client, { ...filter, page });
    rows.push(...answer.keys);
    total = answer.total_count;
    if (answer.keys.length === 0) break;
  }
  const shown = rows.slice(0, flags.limit);
  if (flags.json === true) {
    output.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  output.stdout.write(keyTable(shown));
  output.stderr.write(`\n${shown.length} of ${total} keys\n`);
}

function listPage(client: GatewayClient, query: Record<string, string | number | undefined>): Promise<KeyPage> {
  return client.get<KeyPage>('/key/list', { ...query, size: pageSize, return_full_object: 'true', include_team_keys: 'true' });
}

/** @throws CommandError: there is none such, or there are several */
async function findKey(client: GatewayClient, name: string): Promise<KeyRow> {
  if (name.startsWith('sk-')) {
    throw new CommandError(
      'name a key by its alias or hash (sluice keys list): what is typed here ends up in the shell’s history and the list of processes',
    );
  }
  const { keys } = await listPage(client, { search: name });
  const byAlias = keys.filter((row) => row.key_alias === name);
  const found = byAlias.length > 0 ? byAlias : keys.filter((row) => name.length >= 4 && row.token.startsWith(name.toLowerCase()));
  const [first, second] = found;
  if (first === undefined) throw new CommandError(`there is no key "${name}" that this one may see; sluice keys list shows all`);
  if (second !== undefined) throw new CommandError(`several keys begin with "${name}"; give more of the hash`);
  return first;
}

async function findKeys(client: GatewayClient, names: readonly string[]): Promise<KeyRow[]> {
  const rows: KeyRow[] = [];
  for (const name of names) rows.push(await findKey(client, name));
  return rows;
}

async function setBlocked(
  client: GatewayClient,
  output: Output,
  { names, verb, flags }: { names: readonly string[]; verb: 'block' | 'unblock'; flags: GatewayFlags },
): Promise<void> {
  const rows: KeyRow[] = [];
  for (const { token } of await findKeys(client, names)) rows.push(await client.post<KeyRow>(`/key/${verb}`, { key: token }));
  if (flags.json === true) output.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else output.stdout.write(rows.map((row) => `${labelOf(row)}: ${stateOf(row)}\n`).join(''));
}

async function remove(
  client: GatewayClient,
  output: Output,
  { names, flags }: { names: readonly string[]; flags: GatewayFlags & { yes?: true } },
): Promise<void> {
  const rows = await findKeys(client, names);
  const labels = rows.map(labelOf);
  if (flags.yes !== true)
    throw new CommandError(`this deletes for ever: ${labels.join(', ')}. Say --yes to do it; block keeps a key`);
  const answer = await client.post<object>('/key/delete', { keys: rows.map(({ token }) => token) });
  output.stdout.write(
    flags.json === true ? `${JSON.stringify(answer, null, 2)}\n` : labels.map((label) => `${label}: deleted\n`).join(''),
  );
}

function showNewKey(output: Output, flags: GatewayFlags, made: NewKey): void {
  if (flags.json === true) {
    output.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
    return;
  }
  output.stdout.write(`${made.key}\n`);
  output.stderr.write(`\n${describeKey(made)}\nKeep the key: it is not shown again.\n`);
}

function show(output: Output, flags: GatewayFlags, row: KeyRow): void {
  output.stdout.write(flags.json === true ? `${JSON.stringify(row, null, 2)}\n` : describeKey(row));
}
