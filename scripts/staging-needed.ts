// Says what `sluice stage` would build, for the workflows of GitHub: one line each for weights, engine and gateway, nothing where all is in place.
//   node scripts/staging-needed.ts gpu --env dev [--region NAME]
import { parseArgs } from 'node:util';
import type { Aws } from '../src/deploy/aws/clients.ts';
import { namesOf, type Names } from '../src/deploy/names.ts';
import { packSource } from '../src/deploy/stage/source-archive.ts';
import { readStaged } from '../src/deploy/stage/staged.ts';
import { openTarget, tellFailures } from './tools/open-target.ts';

/** What the project that stages the weights would put in place now. */
async function wanted(aws: Aws, { projects }: Names): Promise<Record<string, string | undefined>> {
  const { projects: [project] = [] } = await (await aws.client('codebuild')).batchGetProjects({ names: [projects.stage] });
  return Object.fromEntries((project?.environment?.environmentVariables ?? []).map(({ name, value }) => [name ?? '', value]));
}

async function main(): Promise<void> {
  const { values: flags, positionals } = parseArgs({
    allowPositionals: true,
    options: { env: { type: 'string', default: '' }, region: { type: 'string' } },
  });
  const { target, aws } = await openTarget({ topology: positionals[0] ?? '', environment: flags.env, region: flags.region });
  try {
    const { Account = '' } = await (await aws.client('sts')).getCallerIdentity({});
    const names = namesOf(target, Account, target.region);
    const [staged, project, source] = await Promise.all([
      readStaged(aws, names.artifactsBucket),
      wanted(aws, names),
      packSource('.'),
    ]);
    if (staged.weights === undefined || staged.weights.key !== project['WEIGHTS_KEY']) console.log('weights');
    if (staged.engine === undefined || staged.engine.source !== project['ENGINE_SOURCE']) console.log('engine');
    if (staged.gateway === undefined || staged.gateway.source !== source.revision) console.log('gateway');
  } finally {
    aws.close();
  }
}

await tellFailures(main);
