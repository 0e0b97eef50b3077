import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GatewayError } from '../src/errors.ts';
import { rehearseCycle } from '../test/rehearsal/cycle.ts';
import { rehearseFailures } from '../test/rehearsal/failures.ts';
import { startMockAws } from '../test/rehearsal/mock-aws.ts';
import { Transcript } from '../test/rehearsal/transcript.ts';
import { expectNoViolations } from '../test/rehearsal/violations.ts';
import { makeWorkspace } from '../test/rehearsal/workspace.ts';
import { tellFailures } from './tools/open-target.ts';
import { ensureTool } from './tools/tools.ts';

/**
 * Applies the infrastructure to a mock of AWS, changes it and takes it away again: docs/rehearsal.md.
 *
 *     npm run rehearse -- [--failures] [--transcript FILE] [--keep] [--topology gpu] [--install]
 */
function readOptions() {
  try {
    return parseArgs({
      options: {
        failures: { type: 'boolean', default: false },
        transcript: { type: 'string' },
        keep: { type: 'boolean', default: false },
        topology: { type: 'string', default: 'gpu' },
        install: { type: 'boolean', default: false },
      },
    }).values;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError(
      'bad_request',
      `${message}\nnpm run rehearse -- [--failures] [--transcript FILE] [--keep] [--topology gpu] [--install]`,
      { cause },
    );
  }
}

/** After this a rehearsal ends, whatever it waits for. */
const limitMs = 30 * 60_000;

/** Operations that the mock lacks, and its own faults. */
async function complaintsIn(logFile: string): Promise<string[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n');
  return [...new Set(lines.filter((line) => /has not been implemented|^\w+(Error|Exception)\b/.test(line)))].slice(-20);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.topology !== 'gpu') {
    process.stderr.write(`there is no topology ${options.topology}; there is gpu\n`);
    process.exitCode = 1;
    return;
  }
  const say = (line: string) => console.error(line);
  const python = await ensureTool('moto', say);
  const tofu = await ensureTool('tofu', say);
  if (options.install) return;
  const transcript = new Transcript((line) => void process.stdout.write(`${line}\n`));
  const interrupted = new AbortController();
  // The run in progress ends in order, then everything is cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const logs = await mkdtemp(join(tmpdir(), 'rehearsal-log-'));
  const logFile = join(logs, 'mock.log');
  const aws = await startMockAws({ logFile, isKept: options.keep });
  try {
    const workspace = await makeWorkspace({
      aws,
      transcript,
      tofu,
      roots: ['bootstrap', 'artifacts', 'topologies/gpu'],
    });
    transcript.say(`${workspace.program.name} ${workspace.program.version} on a mock of AWS`);
    const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(limitMs)]);
    const rehearsal = { aws, transcript, workspace, python, signal };
    try {
      const ended = await Promise.allSettled([options.failures ? rehearseFailures(rehearsal) : rehearseCycle(rehearsal)]);
      // What AWS would have refused is told also where something else went wrong: it may be why.
      const asked = await Promise.allSettled([expectNoViolations(aws)]);
      const reasons = [...ended, ...asked].flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      for (const reason of reasons) transcript.say(`NOT good: ${reason instanceof Error ? reason.message : String(reason)}`);
      if (reasons.length === 0) transcript.say('good');
      else {
        const ending = aws.ending();
        if (ending !== undefined) transcript.say(`the mock ended before, with ${ending}`);
        for (const line of await complaintsIn(logFile)) transcript.say(`the mock: ${line}`);
        process.exitCode = 1;
      }
    } finally {
      workspace.stop();
      if (options.keep) process.stdout.write(`kept: ${workspace.folder}\n`);
      else await workspace.remove();
      if (options.transcript !== undefined) await transcript.write(options.transcript);
    }
  } finally {
    if (options.keep) process.stdout.write(`kept: the mock at ${aws.url}\n`);
    else await aws.stop();
    if (options.keep || process.exitCode === 1) process.stdout.write(`kept: the log of the mock, ${logFile}\n`);
    else await rm(logs, { recursive: true, force: true });
  }
}

await tellFailures(main);
