import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { beforeEach, describe, expect, test } from 'vitest';
import type { CommandIo } from '../cost/command-io.ts';
import { commentLimit, commentMarker } from '../cost/report/markdown.ts';
import { handPlan } from '../../test/cost/harness.ts';
import { costCommand } from './cost.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../../test/cost/fixtures/${name}/plan.json`, import.meta.url));

interface Outcome {
  text: string;
  warnings: string[];
  status: number;
}

/** Runs the command on the day of the bundled book, or later. */
async function run(commandLine: string[], day = '2026-11-21'): Promise<Outcome> {
  const outcome: Outcome = { text: '', warnings: [], status: 0 };
  const io: CommandIo = {
    write: (text) => void (outcome.text += text),
    warn: (text) => void outcome.warnings.push(text),
    setExitStatus: (status) => void (outcome.status = status),
    nowMs: () => Date.parse(`${day}T12:00:00Z`),
  };
  const command = costCommand(io)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  await command.parseAsync(commandLine, { from: 'user' });
  return outcome;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cost-test-'));
});

describe('gates', () => {
  test('within the budget: 0; over it: 4, and the report is printed all the same', async () => {
    expect((await run([fixture('gpu-dev'), '--budget', '850'])).status).toBe(0);
    const over = await run([fixture('gpu-dev'), '--budget', '848']);
    expect(over.status).toBe(4);
    expect(over.warnings).toEqual(['over the budget: $848.19 a month (typical) is more than $848.00']);
    expect(over.text).toContain('$848.19 a month typical');
    expect((await run([fixture('gpu-dev'), '--budget', '900:max'])).status).toBe(4);
  });

  test('--strict fails with 3 on a type without a rule, not on missing usage', async () => {
    const golden = await run([fixture('golden'), '--strict']);
    expect(golden.status).toBe(3);
    expect(golden.warnings[0]).toContain('aws_kinesis_stream.unknown');
    expect((await run([fixture('gpu-dev'), '--strict'])).status).toBe(0);
  });

  test('a book that is too old fails with 5, one of 90 days is only told', async () => {
    expect((await run([fixture('gpu-dev'), '--max-age', '180d'], '2027-03-01')).status).toBe(0);
    const old = await run([fixture('gpu-dev'), '--max-age', '180d'], '2027-06-01');
    expect(old.status).toBe(5);
    // 2026-11-21 to 2027-06-01 are 192 days
    expect(old.warnings[0]).toContain('192 days old');
  });
});

describe('errors are one line and status 1', () => {
  test.each([
    ['no such target', ['nothing-here'], 'nothing-here is neither a topology'],
    ['not a plan', [fileURLToPath(import.meta.url)], 'is not JSON'],
    [
      'a folder that is not there',
      [fixture('gpu-dev'), '--out', '/no/such/folder/report'],
      "ENOENT: no such file or directory, open '/no/such/folder/report'",
    ],
    [
      'an address that is not there',
      [fixture('gpu-dev'), '--explain', 'aws_lb.thsi'],
      'no resource aws_lb.thsi in this plan; did you mean',
    ],
  ])('%s', async (_, commandLine, message) => {
    const outcome = await run(commandLine);
    expect(outcome.status).toBe(1);
    expect(outcome.warnings.join('\n')).toContain(message);
  });

  test('wrong numbers are refused by the option', async () => {
    await expect(run([fixture('gpu-dev'), '--requests', '1,2'])).rejects.toThrow('min,typical,max');
    await expect(run([fixture('gpu-dev'), '--budget', '5:often'])).rejects.toThrow('900:max');
  });
});

describe('usage', () => {
  test('flags win over the file', async () => {
    const usage = join(folder, 'usage.yaml');
    await writeFile(usage, 'traffic: { requests: 5_000_000 }\nresources:\n  aws_sns_topic: { requests: 1_000_000 }\n');
    const fromFile = JSON.parse((await run([fixture('gpu-dev'), '--usage', usage, '--format', 'json'])).text);
    // 5M × 3.50/M; 1M notifications × 0.50/M
    expect(fromFile.byType.aws_api_gateway_rest_api.typical).toBe('17.5');
    expect(fromFile.byType.aws_sns_topic.typical).toBe('0.5');
    const withFlag = JSON.parse(
      (await run([fixture('gpu-dev'), '--usage', usage, '--requests', '2000000', '--format', 'json'])).text,
    );
    expect(withFlag.byType.aws_api_gateway_rest_api.typical).toBe('7');
    expect(withFlag.byType.aws_sns_topic.typical).toBe('0.5');
  });

  test('hours on, egress and log volume', async () => {
    const json = JSON.parse(
      (await run([fixture('gpu-dev'), '--hours-on', '200', '--egress-gb', '100', '--logs-gb', '30', '--format', 'json'])).text,
    );
    const lines = json.resources.flatMap((resource: { lines: object[] }) => resource.lines);
    const of = (component: string): string =>
      lines.find((line: { component: string }) => line.component === component).monthly.typical;
    // 200 × 1.006; 100 × 0.09; a third of 30 × 0.50
    expect([of('on demand g5.xlarge'), of('out to the internet'), of('ingestion')]).toEqual(['201.2', '9', '5']);
  });

  test('the free tier is off unless asked for, and then a line of its own', async () => {
    const json = JSON.parse((await run([fixture('gpu-dev'), '--free-tier', '--format', 'json'])).text);
    // 7 alarms × 0.10, all within ten; one dashboard; 10 metrics × 0.30
    const credits = Object.fromEntries(
      json.freeTier.map((credit: { id: string; monthly: { typical: string } }) => [credit.id, credit.monthly.typical]),
    );
    expect([credits['cw.alarm.standard'], credits['cw.dashboard'], credits['cw.metrics']]).toEqual(['-0.7', '-3', '-3']);
    const plain = JSON.parse((await run([fixture('gpu-dev'), '--format', 'json'])).text);
    expect(plain.freeTier).toEqual([]);
  });

  test("the same usage for Infracost's second opinion", async () => {
    const file = join(folder, 'infracost-usage.yml');
    await run([fixture('gpu-dev'), '--infracost-usage', file]);
    const usage = parse(await readFile(file, 'utf8'));
    expect(usage.version).toBe('0.1');
    expect(usage.resource_usage['module.gpu.aws_api_gateway_rest_api.this']).toEqual({ monthly_requests: 1_000_000 });
    expect(usage.resource_usage['aws_data_transfer.sluice']).toEqual({
      region: 'us-east-1',
      monthly_outbound_internet_gb: 1.907349,
      monthly_intra_region_gb: 0,
    });
  });
});

describe('formats', () => {
  const of = (format: string, ...more: string[]): Promise<string> =>
    run([fixture('golden'), '--format', format, ...more]).then((outcome) => outcome.text);

  test('every total says what is missing from it', async () => {
    for (const format of ['table', 'markdown', 'html']) {
      const text = await of(format);
      expect(text).toMatch(/Not in the total: 1 without a rule/);
      expect(text).toContain('≥ $');
      expect(text).toContain('aws_kinesis_stream.unknown');
    }
  });

  test('the four rows that the requirements name are always there', async () => {
    const empty = join(folder, 'empty.json');
    await writeFile(empty, JSON.stringify(handPlan({ 'aws_eip.x': {} })));
    const { text } = await run([empty]);
    for (const category of ['compute-gpu', 'data-transfer', 'api-gateway', 'monitoring'])
      expect(text).toContain(`\n${category} `);
  });

  test('table: each line has what drives it and its price, and ~ marks prices that are not from AWS', async () => {
    const text = await of('table');
    expect(text).toMatch(/NAT gateway +730 hour \(730 h\) +\$0\.045 per hour +\$32\.85 +\$32\.85 +\$32\.85/);
    expect(text).toMatch(/Fargate Spot 1 vCPU .* ~\$0\.01214 per vCPU-hour/);
  });

  test('csv has a row for every resource, quoted by the rules', async () => {
    const rows = (await of('csv')).trimEnd().split('\r\n');
    expect(rows[0]).toBe(
      'address,type,status,category,component,basis,unit,quantity,unit price,min,typical,max,price date,price source',
    );
    expect(rows.some((row) => row.startsWith('aws_kinesis_stream.unknown,aws_kinesis_stream,not-priced'))).toBe(true);
    const strange = join(folder, 'strange.json');
    await writeFile(strange, JSON.stringify(handPlan({ 'module.m["=a,\\"b"].aws_eip.x': {} })));
    expect((await run([strange, '--format', 'csv'])).text).toContain('"module.m[""=a,\\""b""].aws_eip.x",aws_eip,priced');
  });

  test('csv runs nothing in a spreadsheet', async () => {
    const usage = join(folder, 'usage.yaml');
    await writeFile(
      usage,
      'extras: [{ category: other, priceId: alb.hour, region: us-east-1, quantity: 1, note: "=HYPERLINK(1)" }]\n',
    );
    expect((await run([fixture('gpu-dev'), '--usage', usage, '--format', 'csv'])).text).toContain(",other,'=HYPERLINK(1),");
    await writeFile(
      usage,
      'extras: [{ category: other, priceId: alb.hour, region: us-east-1, quantity: 1, note: "-2+cmd|calc" }]\n',
    );
    expect((await run([fixture('gpu-dev'), '--usage', usage, '--format', 'csv'])).text).toContain(",other,'-2+cmd|calc,");
  });

  test('infracost-json: totals equal ours and the parts add up to the cent', async () => {
    const json = JSON.parse(await of('infracost-json'));
    const ours = JSON.parse(await of('json'));
    expect(json.version).toBe('0.2');
    expect(json.totalMonthlyCost).toBe(ours.total.typical);
    const sum = json.projects[0].breakdown.resources.reduce(
      (total: number, resource: { monthlyCost: string }) => total + Number(resource.monthlyCost),
      0,
    );
    expect(sum).toBeCloseTo(Number(json.totalMonthlyCost), 6);
    expect(json.summary.unsupportedResourceCounts).toEqual({ aws_kinesis_stream: 1 });
  });

  test('html is one page that asks nobody for anything, and escapes what it shows', async () => {
    const text = await of('html', '--title', '<script>x</script>');
    expect(text).not.toMatch(/<script|src=|href=|@import|url\(/);
    expect(text).toContain('&lt;script&gt;x&lt;/script&gt;');
  });

  test('html and --plot draw the same curve', async () => {
    const plot = join(folder, 'plot.svg');
    const { text } = await run([fixture('gpu-dev'), '--format', 'html', '--plot', plot]);
    const svg = await readFile(plot, 'utf8');
    expect(svg).toMatch(/^<svg xmlns[^]*<polyline[^]*<\/svg>$/);
    expect(text).toContain(svg);
  });

  test('json is the same text for the same input', async () => {
    expect(await of('json')).toBe(await of('json'));
  });
});

test('infracost-json: a line without a price is not $0, and what has lines is listed', async () => {
  const file = join(folder, 'missing.json');
  await writeFile(file, JSON.stringify(handPlan({ 'aws_instance.x': { instance_type: 'x9.large' } })));
  const json = JSON.parse((await run([file, '--format', 'infracost-json'])).text);
  const [line] = json.projects[0].breakdown.resources[0].costComponents;
  expect([line.monthlyCost, line.hourlyCost, line.priceNotFound]).toEqual([null, null, true]);
  // 8 GB × 0.08
  expect([json.projects[0].breakdown.resources[0].monthlyCost, json.totalMonthlyCost]).toEqual(['0.64', '0.64']);
});

describe('comment', () => {
  test('names of resources and types cannot write markdown: no mention, link, picture or column of theirs', async () => {
    const name = 'a|b @team ![x](http://evil/x) <b> `c`';
    const file = join(folder, 'names.json');
    await writeFile(
      file,
      JSON.stringify(handPlan({ [`aws_instance.x["${name}"]`]: { instance_type: `m5.${name}` }, 'aws_vpc.v': {} })),
    );
    const { text } = await run([file, '--format', 'markdown']);
    const outside = text.replaceAll(/`[^`\n]*`/g, 'CODE');
    expect(outside).not.toMatch(/@team|(?<!\\)\[x(?<!\\)\]|<b>/);
    const table = text.split('\n').filter((line) => line.startsWith('| **`aws_instance'));
    expect(table[0]?.match(/(?<!\\)\|/g)).toHaveLength(7);
  });

  test('a share of the comment is kept to, however many types and gaps there are', async () => {
    const resources = Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [`aws_made_up_with_a_long_name_${index}.x["some key ${index}"]`, {}]),
    );
    const groups = Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [`module.m.aws_ebs_volume.v_${index}`, { snapshot_id: 's', type: `t${index}` }]),
    );
    const file = join(folder, 'wide.json');
    await writeFile(file, JSON.stringify(handPlan({ ...resources, ...groups })));
    const { text } = await run([file, '--format', 'markdown', '--max-length', '20000']);
    expect(text.length).toBeLessThanOrEqual(20_000);
    expect(text).toMatch(/more rows do not fit[^]*<\/details>/);
  });

  test('carries its marker, the headline and the curve', async () => {
    const { text } = await run([fixture('gpu-dev'), '--format', 'markdown', '--title', 'gpu dev']);
    expect(text.startsWith(`${commentMarker}\n### gpu dev: $848.19/month typical ($842.86 – $3,219.53)`)).toBe(true);
    expect(text).toContain('```mermaid\nxychart-beta');
  });

  test('a plan of 3,000 resources fits: rows are cut, totals and warnings are not', async () => {
    const resources = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [
        `aws_instance.with_a_rather_long_name_${index}`,
        { instance_type: 't3.micro' },
      ]),
    );
    const big = join(folder, 'big.json');
    await writeFile(big, JSON.stringify(handPlan(resources)));
    const { text } = await run([big, '--format', 'markdown']);
    expect(text.length).toBeLessThanOrEqual(commentLimit);
    // 3000 × (730 × 0.0104 + 8 × 0.08) = 3000 × 8.232
    expect(text).toContain('$24,696.00/month typical');
    expect(text).toContain('more rows do not fit into a comment');
    expect(text).toContain('the image decides the root volume');
    expect(text.trimEnd().endsWith('</details>')).toBe(true);
  });
});

test('a usage file of comments alone says nothing, and is no error', async () => {
  const usage = join(folder, 'empty.yaml');
  await writeFile(usage, '# nothing yet\n');
  expect(await run([fixture('gpu-dev'), '--usage', usage])).toEqual(await run([fixture('gpu-dev')]));
});

/** What a stand-in for tofu answers when it is asked who it is. */
const introduction = `[ "$1" = version ] && echo 'OpenTofu v1.12.6' && exit 0\n`;

test('a path is a path, also where topologies lie: "." is the folder and not all topologies', async () => {
  await mkdir(join(folder, 'infrastructure', 'topologies', 'gpu'), { recursive: true });
  const program = join(folder, 'tofu');
  await writeFile(program, `#!/bin/sh\n${introduction}pwd\nexit 1\n`);
  await chmod(program, 0o755);
  const { warnings } = await run(['.', '--tofu', program, '--infrastructure', join(folder, 'infrastructure')]);
  expect(warnings[0]).toContain(process.cwd());
  expect(warnings[0]).not.toContain('sluice-cost-');
});

describe('--diff', () => {
  test('shows the difference by type and by resource', async () => {
    const before = join(folder, 'before.json');
    await run([fixture('gpu-dev'), '--format', 'json', '--out', before]);
    const { text } = await run([fixture('gpu-prod'), '--format', 'markdown', '--diff', before]);
    // fleet 2 × 774.48 for 774.48; standby 7.412 for 3.706: + 778.186; NAT and its address gone: − 32.85 and − 3.65; 20 endpoint hours + 146.00
    expect(text).toContain('| `aws_autoscaling_group` | +$778.19 |');
    expect(text).toContain('| `aws_vpc_endpoint` | +$146.00 |');
    expect(text).toContain('| `aws_nat_gateway` | -$32.85 |');
    expect(text).toContain('**+$887.69/month** to the base branch ($848.19)');
  });

  test('a plan over a state shows what it changes', async () => {
    const plan = handPlan({ 'aws_eip.kept': {}, 'aws_nat_gateway.gone': {}, 'aws_eip.new': {} });
    const [kept, gone] = plan.resource_changes;
    kept!.change = { actions: ['no-op'], before: {}, after: {} };
    gone!.change = { actions: ['delete'], before: {}, after: null };
    const file = join(folder, 'plan.json');
    await writeFile(file, JSON.stringify(plan));
    // before: 3.65 and NAT 32.85 (its bytes need usage); after: 2 × 3.65
    expect((await run([file])).text).toContain('Difference: -$29.20 a month to what stands now, $36.50\n');
    expect((await run([file, '--format', 'markdown'])).text).toContain('**-$29.20/month** to what stands now ($36.50)');
    expect((await run([file, '--format', 'html'])).text).toContain('<strong>-$29.20</strong>');
    const infracost = JSON.parse((await run([file, '--format', 'infracost-json'])).text);
    expect([infracost.pastTotalMonthlyCost, infracost.diffTotalMonthlyCost]).toEqual(['36.5', '-29.2']);
  });

  test('no difference says so', async () => {
    const before = join(folder, 'before.json');
    await run([fixture('gpu-dev'), '--format', 'json', '--out', before]);
    expect((await run([fixture('gpu-dev'), '--format', 'markdown', '--diff', before])).text).toContain(
      'No difference to the base branch.',
    );
  });

  test('refuses a file that is no report', async () => {
    const outcome = await run([fixture('gpu-dev'), '--diff', fixture('gpu-dev')]);
    expect([outcome.status, outcome.warnings[0]]).toEqual([1, '--diff needs a report that `sluice cost --format json` wrote']);
  });
});

test('--explain prints the arithmetic with source and date', async () => {
  const { text } = await run([fixture('golden'), '--explain', 'aws_api_gateway_rest_api.this', '--requests', '400000000']);
  // half of the traffic goes to each of the two APIs: 200M × 0.0000035 = 700
  expect(text).toContain('typical: 200000000 request × $0.0000035 = $700');
  expect(text).toContain('date 2025-10-20; grade A');
  const bucket = (await run([fixture('golden'), '--explain', 'aws_s3_bucket.this'])).text;
  expect(bucket).toContain('the usage file may also set: putRequests, getRequests\n');
  const pooled = (await run([fixture('golden'), '--explain', 'aws_cloudwatch_metric_alarm.anomaly'])).text;
  expect(pooled).toContain('3 alarm-metric-month × $0.3 = $0.9');
});

describe('targets', () => {
  /** A stand-in for tofu that notes how it was called and shows a plan. */
  async function fakeTofu(status = 0): Promise<string> {
    const program = join(folder, 'tofu');
    const script = `#!/bin/sh\n${introduction}echo "$PWD $*" >>"${folder}/calls"\n[ "$1" = show ] && cat "${fixture('seed-002')}"\n[ "$1" = plan ] && ls >"${folder}/listing"\n[ ${status} = 0 ] || { echo "Error: no such variable" >&2; exit ${status}; }\nexit 0\n`;
    await writeFile(program, script);
    await chmod(program, 0o755);
    return program;
  }

  test('a topology is planned offline in a copy, with the variables of its environment', async () => {
    const infrastructure = join(folder, 'infrastructure');
    await mkdir(join(infrastructure, 'topologies', 'gpu', '.terraform'), { recursive: true });
    await writeFile(join(infrastructure, 'topologies', 'gpu', 'main.tf'), '');
    await writeFile(join(infrastructure, 'topologies', 'gpu', 'encryption.tofu'), '');
    const { text, status } = await run(['gpu', '--env', 'dev', '--infrastructure', infrastructure, '--tofu', await fakeTofu()]);
    expect(status).toBe(0);
    expect(text).toContain('gpu dev: ');
    const calls = (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
    expect(calls.map((call) => call.split(' ')[1])).toEqual(['init', 'plan', 'show']);
    expect(calls[1]).toMatch(/-refresh=false -var-file=\S+\/environments\/gpu\/dev\.tfvars$/);
    expect(calls[1]).not.toContain(infrastructure);
    expect(await readFile(join(folder, 'listing'), 'utf8')).toBe(
      'main.tf\nzz_offline.auto.tfvars.json\nzz_offline_override.tf\n',
    );
  });

  test('a plan file is shown, a folder is planned where it is', async () => {
    const tofu = await fakeTofu();
    await writeFile(join(folder, 'plan.bin'), 'PK\u0003\u0004');
    expect((await run([join(folder, 'plan.bin'), '--tofu', tofu])).text).toContain('aws_db_instance.this');
    await mkdir(join(folder, 'root'));
    expect((await run([join(folder, 'root'), '--tofu', tofu])).text).toContain('root: ');
  });

  test('what tofu complains of is passed on', async () => {
    await mkdir(join(folder, 'root'));
    const failed = await run([join(folder, 'root'), '--tofu', await fakeTofu(2)]);
    expect([failed.status, failed.warnings[0]?.endsWith('no such variable')]).toEqual([1, true]);
    const absent = await run([join(folder, 'root'), '--tofu', join(folder, 'no-such-tofu')]);
    expect(absent.warnings[0]).toContain('install OpenTofu');
  });
});
