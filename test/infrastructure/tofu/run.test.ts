import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensureTool } from '../../../scripts/tools/tools.ts';
import { readEnvironment } from '../../../src/config/environment.ts';
import { parseEvent, type TofuEvent } from '../../../src/tofu/events.ts';
import { findProgram, type Program } from '../../../src/tofu/program.ts';
import { runTofu, type TofuRun } from '../../../src/tofu/run.ts';

// The real program, without a provider: `terraform_data` is built in.

let program: Program;
let folder: string;
beforeAll(async () => {
  const named = await ensureTool('tofu', console.error);
  program = await findProgram({ named, environment: readEnvironment(process.env) });
}, 900_000);
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sluice-tofu-real-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));
const homeless = await mkdtemp(join(tmpdir(), 'sluice-home-'));
afterAll(() => rm(homeless, { recursive: true, force: true }));

const run = (args: string[], more: Partial<TofuRun> = {}) =>
  // A home without settings: the user's own must not decide.
  runTofu({ program, directory: folder, args, environment: { PATH: process.env['PATH'], HOME: homeless }, ...more });

/** A resource that takes its time to be made, and says when it begins. */
const slow = (seconds: number): string => `resource "terraform_data" "slow" {
  input = ${seconds}
  provisioner "local-exec" {
    command = "touch begun && sleep ${seconds}"
  }
}
resource "terraform_data" "quick" {
  input = 1
}
`;

const collector = () => {
  const events: TofuEvent[] = [];
  return { events, onLine: (line: string) => void events.push(...[parseEvent(line) ?? []].flat()) };
};

test('a plan tells whether it proposes anything, and an apply what it does', async () => {
  await writeFile(join(folder, 'main.tf'), slow(0));
  await run(['init', '-no-color']);
  expect((await run(['plan', '-json', '-detailed-exitcode'])).hasChanges).toBe(true);
  const { events, onLine } = collector();
  await run(['apply', '-json', '-auto-approve'], { onLine });
  expect(events).toContainEqual({ type: 'summary', operation: 'apply', add: 2, change: 0, remove: 0 });
  expect(events.filter(({ type }) => type === 'finished')).toHaveLength(2);
  expect((await run(['plan', '-json', '-detailed-exitcode'])).hasChanges).toBe(false);
});

test('an apply that is interrupted gives its lock back and has what it made in the state', async () => {
  await writeFile(join(folder, 'main.tf'), slow(60));
  await run(['init', '-no-color']);
  const controller = new AbortController();
  const isQuickDone = (line: string) => {
    const event = parseEvent(line);
    return event?.type === 'finished' && event.address === 'terraform_data.quick';
  };
  const applied = run(['apply', '-json', '-auto-approve'], {
    signal: controller.signal,
    onLine: (line) => isQuickDone(line) && controller.abort(),
  });
  await expect(applied).rejects.toMatchObject({ code: 'request_timeout', message: expect.stringContaining('Run it again') });
  const state = JSON.parse(await readFile(join(folder, 'terraform.tfstate'), 'utf8')) as { resources: { name: string }[] };
  expect(state.resources.map(({ name }) => name)).toContain('quick');
  // Nobody holds the lock: the next run gets it.
  await run(['plan', '-json', '-lock-timeout=0s']);
});

test('a second run is told who holds the lock and how it is broken', async () => {
  await writeFile(join(folder, 'main.tf'), slow(60));
  await run(['init', '-no-color']);
  const controller = new AbortController();
  let begun: (() => void) | undefined;
  const holding = new Promise<void>((done) => (begun = done));
  const first = run(['apply', '-json', '-auto-approve'], {
    signal: controller.signal,
    onLine: (line) => parseEvent(line)?.type === 'started' && begun?.(),
  }).catch(() => 'interrupted');
  await holding;
  await expect(run(['plan', '-json'])).rejects.toMatchObject({
    code: 'service_unavailable',
    message: expect.stringMatching(
      /the state terraform\.tfstate is locked by .+ since 20\d\d-.*\(apply\).* force-unlock [0-9a-f-]{36}$/,
    ),
  });
  controller.abort();
  expect(await first).toBe('interrupted');
});

test('faults are told with their place, with and without -json', async () => {
  await writeFile(join(folder, 'main.tf'), 'resource "terraform_data" "x" {\n  input = var.nope\n}\n');
  await run(['init', '-no-color']).catch(() => undefined);
  for (const args of [['plan', '-json'], ['plan', '-no-color'], ['plan']])
    await expect(run(args)).rejects.toThrow(/Reference to undeclared input variable at main\.tf:2/);
});

test('a backend without credentials is told as such', async () => {
  await writeFile(
    join(folder, 'main.tf'),
    'terraform {\n  backend "s3" {\n    bucket = "b"\n    key    = "k"\n    region = "us-east-1"\n  }\n}\n',
  );
  const environment = { PATH: process.env['PATH'], HOME: homeless, AWS_EC2_METADATA_DISABLED: 'true' };
  await expect(run(['init', '-json'], { environment })).rejects.toMatchObject({ code: 'unauthorized' });
});
