import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stageCommand } from '../../../src/cli/stage.ts';
import { packSource } from '../../../src/deploy/stage/source-archive.ts';
import { stage } from '../../../src/deploy/stage/stage.ts';
import { zip } from '../../../src/deploy/stage/zip.ts';
import { environmentOf, screen, startAccount, type Account } from './account.ts';
import { putImage } from './ready.ts';

let account: Account;
let scratch: string;
beforeAll(async () => {
  account = await startAccount();
  scratch = await mkdtemp(join(tmpdir(), 'stage-test-'));
});
afterAll(async () => {
  await account.stop();
  await rm(scratch, { recursive: true });
});
beforeEach(async () => {
  await account.reset();
  await makeProjects();
});

const weightsKey = `weights/a--b@${'1'.repeat(40)}`;
const engineSource = `docker.io/vllm/vllm-openai@sha256:${'d'.repeat(64)}`;

async function makeProjects() {
  const { aws, names } = account;
  const s3 = await aws.client('s3');
  await s3.createBucket({ Bucket: names.artifactsBucket });
  await s3.putBucketVersioning({ Bucket: names.artifactsBucket, VersioningConfiguration: { Status: 'Enabled' } });
  const codebuild = await aws.client('codebuild');
  const variables = {
    stage: { WEIGHTS_KEY: weightsKey, ENGINE_SOURCE: engineSource },
    image: { SOURCE_REVISION: 'given-at-start' },
  };
  for (const part of ['stage', 'image'] as const) {
    await codebuild.createProject({
      name: names.projects[part],
      source:
        part === 'stage'
          ? { type: 'NO_SOURCE', buildspec: 'version: 0.2' }
          : { type: 'S3', location: `${names.artifactsBucket}/source/gateway.zip` },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: {
        type: 'LINUX_CONTAINER',
        image: 'aws/codebuild/standard:7.0',
        computeType: 'BUILD_GENERAL1_SMALL',
        environmentVariables: Object.entries(variables[part]).map(([name, value]) => ({ name, value })),
      },
      serviceRole: 'arn:aws:iam::123456789012:role/llm/build',
    });
  }
}

const object = (key: string, body: object | string) => ({
  bucket: account.names.artifactsBucket,
  key,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** What both builds write when they succeed, and the images that they push. */
async function scriptBuilds(revision: string) {
  const engine = await putImage(account, account.names.repositories.engine, ['amd64']);
  const gateway = await putImage(account, account.names.repositories.gateway, ['amd64', 'arm64']);
  await account.mock.setFaults({
    builds: {
      'llm-dev-gpu-stage': {
        polls: 2,
        logs: ['stage-weights: 12 files, 7642 MB', 'stage-weights: the bucket is whole'],
        objects: [
          object(`${weightsKey}/manifest.sha256`, 'x'),
          object('staged/weights.json', { key: weightsKey, sha256: 'a'.repeat(64), size_bytes: 7_642_000_000 }),
          object('staged/engine.json', { image: `x/llm-dev-gpu/engine@${engine}`, source: engineSource }),
        ],
      },
      'llm-dev-gpu-image': {
        polls: 1,
        objects: [object('staged/gateway.json', { image: `x/llm-dev-gpu/gateway@${gateway}`, source: revision })],
      },
    },
  });
}

/** A build of the image that says it has built these sources. */
const scriptImage = (revision: string) =>
  account.mock.setFaults({
    builds: {
      'llm-dev-gpu-image': {
        objects: [object('staged/gateway.json', { image: `x@sha256:${'e'.repeat(64)}`, source: revision })],
      },
    },
  });

/** A small checkout; the infrastructure folder beside it only has to be named. */
async function makeCheckout(): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'checkout-'));
  await mkdir(join(folder, 'src', 'deep'), { recursive: true });
  await mkdir(join(folder, 'bin'));
  await cp('infrastructure/environments', join(folder, 'infrastructure', 'environments'), { recursive: true });
  await writeFile(
    join(folder, '.dockerignore'),
    '# why\n*\n!src\n!bin\n!missing\n\n**/*.test.ts\n**/.*\n**/*.pem\nsrc/deep/out\n',
  );
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\n');
  for (const path of ['src/main.ts', 'src/deep/a.ts', 'src/deep/a.test.ts', 'src/.env', 'src/deep/key.pem', 'secret.txt']) {
    await writeFile(join(folder, path), `${path}\n`);
  }
  await mkdir(join(folder, 'src', 'deep', 'out'));
  await writeFile(join(folder, 'src/deep/out/x.js'), 'x');
  await writeFile(join(folder, 'bin', 'run.js'), '#!/usr/bin/env node\n', { mode: 0o755 });
  return folder;
}

interface Run {
  said: string[];
  result: Awaited<ReturnType<typeof stage>>;
}

async function runStage(folder: string, options: Partial<Parameters<typeof stage>[0]> = {}): Promise<Run> {
  const said: string[] = [];
  const target = { ...account.target, infrastructure: join(folder, 'infrastructure') };
  const common = {
    target,
    aws: account.aws,
    names: account.names,
    version: '0.1.0',
    signal: new AbortController().signal,
    intervalMs: 10,
  };
  return { said, result: await stage({ ...common, say: (line) => void said.push(line), ...options }) };
}

describe('stage', () => {
  test('runs both builds, tells phases and log lines, and ends with what is in place', async () => {
    const folder = await makeCheckout();
    const { revision } = await packSource(folder);
    await scriptBuilds(revision);
    const { said, result } = await runStage(folder);
    expect(said).toContain('stage   | stage-weights: 12 files, 7642 MB');
    expect(said.filter((line) => line.includes('| stage-weights: the bucket is whole'))).toHaveLength(1);
    expect(said.some((line) => /^image {3}5 files, \d+\.\d MB, revision [0-9a-f]{12}$/.test(line))).toBe(true);
    expect(said.some((line) => /^image {3}build \(\d+ s\)$/.test(line))).toBe(true);
    expect(result.staged).toMatchObject({
      weights: { key: weightsKey },
      engine: { source: engineSource },
      gateway: { source: revision },
    });
    expect(result.left).toEqual([]);
  });

  test('the second time nothing is built; forced it is, and so is a changed source', async () => {
    const folder = await makeCheckout();
    await scriptBuilds((await packSource(folder)).revision);
    await runStage(folder);
    const again = await runStage(folder);
    expect(again.said).toHaveLength(2);
    expect(again.said.every((line) => line.includes('there already'))).toBe(true);
    expect(
      (await runStage(folder, { isForced: true, only: 'image' })).said.some((line) => line.includes('build llm-dev-gpu-image:')),
    ).toBe(true);
    await writeFile(join(folder, 'src', 'main.ts'), 'changed\n');
    await scriptImage((await packSource(folder)).revision);
    expect((await runStage(folder, { only: 'image' })).said.some((line) => line.includes('build llm-dev-gpu-image:'))).toBe(true);
  });

  test('the build is given the revision and the version, and reads the archive from the bucket', async () => {
    const folder = await makeCheckout();
    const { revision } = await packSource(folder);
    await scriptBuilds(revision);
    await runStage(folder, { only: 'image' });
    const codebuild = await account.aws.client('codebuild');
    const { ids } = await codebuild.listBuildsForProject({ projectName: 'llm-dev-gpu-image' });
    const { builds } = await codebuild.batchGetBuilds({ ids: ids! });
    const variables = builds![0]!.environment!.environmentVariables!.map(({ name, value }) => [name, value]);
    expect(variables).toContainEqual(['SOURCE_REVISION', revision]);
    expect(variables).toContainEqual(['SOURCE_LABEL', '0.1.0']);
    const { Body } = await (
      await account.aws.client('s3')
    ).getObject({ Bucket: account.names.artifactsBucket, Key: 'source/gateway.zip' });
    const path = join(scratch, 'got.zip');
    await writeFile(path, await Body!.transformToByteArray());
    expect(listZip(path)).toEqual(['.dockerignore', 'Dockerfile', 'bin/run.js', 'src/deep/a.ts', 'src/main.ts']);
  });

  test('a failed build ends with its phase, the last lines of its log and what to do, and does not stop the other', async () => {
    const folder = await makeCheckout();
    await scriptBuilds('r');
    const builds = {
      'llm-dev-gpu-stage': {
        status: 'FAILED' as const,
        phases: [
          { phaseType: 'BUILD', message: 'Error while executing command: bash scripts/copy-engine.sh. Reason: exit status 1' },
        ],
        logs: ['copy-engine: attempt 3 of 3 failed', 'toomanyrequests: You have reached your pull rate limit'],
      },
      'llm-dev-gpu-image': { objects: [object('staged/gateway.json', { image: `x@sha256:${'e'.repeat(64)}`, source: 'r' })] },
    };
    await account.mock.setFaults({ builds });
    await expect(runStage(folder)).rejects.toThrow(
      /llm-dev-gpu-stage ended with FAILED in BUILD: Error while executing command[^]*\| toomanyrequests[^]*-> the registry or hub refuses for now[^]*aws logs tail/,
    );
    expect(
      await (await account.aws.client('s3')).headObject({ Bucket: account.names.artifactsBucket, Key: 'staged/gateway.json' }),
    ).toBeDefined();
  });

  test('a build that runs already is joined instead of a second one', async () => {
    const folder = await makeCheckout();
    await scriptBuilds('r');
    const codebuild = await account.aws.client('codebuild');
    const { build } = await codebuild.startBuild({ projectName: 'llm-dev-gpu-stage' });
    const { said } = await runStage(folder, { only: 'weights' });
    expect(said[0]).toBe(`stage   joined the running build ${build!.id}`);
    expect((await codebuild.listBuildsForProject({ projectName: 'llm-dev-gpu-stage' })).ids).toHaveLength(1);
  });

  test('a build of other weights that runs is waited for, however it ends, and does not count as ours', async () => {
    const folder = await makeCheckout();
    await account.mock.setFaults({ builds: { 'llm-dev-gpu-stage': { status: 'FAILED', polls: 1 } } });
    const codebuild = await account.aws.client('codebuild');
    const environmentVariablesOverride = [{ name: 'WEIGHTS_KEY', value: 'weights/other@1' }];
    const { build } = await codebuild.startBuild({ projectName: 'llm-dev-gpu-stage', environmentVariablesOverride });
    const said: string[] = [];
    await expect(runStage(folder, { only: 'weights', say: (line) => void said.push(line) })).rejects.toThrow('ended with FAILED');
    expect(said[0]).toBe(`stage   waits for the running build of something else, ${build!.id}`);
    expect((await codebuild.listBuildsForProject({ projectName: 'llm-dev-gpu-stage' })).ids).toHaveLength(2);
  });

  test('what somebody else stages meanwhile is not taken for ours', async () => {
    const folder = await makeCheckout();
    await scriptImage('f'.repeat(40));
    const { revision } = await packSource(folder);
    await expect(runStage(folder, { only: 'image' })).rejects.toThrow(
      `somebody else has staged at the same time: gateway is ${'f'.repeat(40)}, not ${revision}.`,
    );
  });

  test('a build reads the very archive that was uploaded for it, also if another follows at once', async () => {
    const folder = await makeCheckout();
    await scriptImage((await packSource(folder)).revision);
    await runStage(folder, { only: 'image' });
    const codebuild = await account.aws.client('codebuild');
    const { ids } = await codebuild.listBuildsForProject({ projectName: 'llm-dev-gpu-image' });
    const { builds } = await codebuild.batchGetBuilds({ ids: ids! });
    const s3 = await account.aws.client('s3');
    const { VersionId } = await s3.headObject({ Bucket: account.names.artifactsBucket, Key: 'source/gateway.zip' });
    expect(VersionId).toMatch(/./);
    expect(builds![0]!.sourceVersion).toBe(VersionId);
  });

  test('leaving lets the build go on and names it', async () => {
    const folder = await makeCheckout();
    await account.mock.setFaults({ builds: { 'llm-dev-gpu-stage': { polls: 1_000_000 } } });
    const controller = new AbortController();
    const { result } = await runStage(folder, {
      only: 'weights',
      signal: controller.signal,
      say: (line) => void (line.includes('build (') && controller.abort()),
    });
    expect(result.left).toEqual([expect.stringMatching(/^llm-dev-gpu-stage:/)]);
    const { builds } = await (await account.aws.client('codebuild')).batchGetBuilds({ ids: [...result.left] });
    expect(builds![0]!.buildStatus).toBe('IN_PROGRESS');
  });

  test('an account that may start no build is told where to ask', async () => {
    account.answers.set('codebuild:StartBuild', () => ({
      status: 400,
      type: 'application/x-amz-json-1.1',
      body: JSON.stringify({
        __type: 'AccountLimitExceededException',
        message: 'Cannot have more than 0 builds in queue for the account',
      }),
    }));
    await expect(runStage(await makeCheckout(), { only: 'weights' })).rejects.toThrow(
      /Cannot have more than 0 builds[^]*Service Quotas, AWS CodeBuild/,
    );
  });
});

describe('the command', () => {
  const run = async (...words: string[]) => {
    const io = screen();
    await stageCommand({ environment: environmentOf(account), io }).parseAsync(['gpu', '--env', 'dev', ...words], {
      from: 'user',
    });
    return io;
  };

  test('without the projects says which command makes them', async () => {
    await account.reset();
    const io = await run();
    expect(io.notes()).toBe(
      'there is no CodeBuild project llm-dev-gpu-stage: sluice deploy gpu --env dev makes it, before it stages',
    );
    expect(io.status()).toBe(1);
  });

  test('away from a checkout the image cannot be built, and that is said', async () => {
    const folder = await mkdtemp(join(scratch, 'bare-'));
    await cp('infrastructure/environments', join(folder, 'infrastructure', 'environments'), { recursive: true });
    const io = await run('--only', 'image', '--infrastructure', join(folder, 'infrastructure'));
    expect(io.notes()).toContain('has no Dockerfile and .dockerignore');
  });
});

describe('the archive', () => {
  const listing =
    'import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(json.dumps([[i.filename, z.read(i).decode("latin-1"), i.external_attr >> 16] for i in z.infolist()]))';
  const read = (path: string) =>
    JSON.parse(execFileSync('python3', ['-c', listing, path], { encoding: 'utf8' })) as [string, string, number][];

  test('holds what .dockerignore lets in and the recipe, with modes; and is the same whenever it is packed', async () => {
    const folder = await makeCheckout();
    const [one, two] = [await packSource(folder), await packSource(folder)];
    expect(one.zip.equals(two.zip)).toBe(true);
    expect(one.revision).toMatch(/^[0-9a-f]{40}$/);
    const path = join(scratch, 'one.zip');
    await writeFile(path, one.zip);
    const files = read(path);
    expect(files.map(([name, , mode]) => [name, mode & 0o777])).toEqual([
      ['.dockerignore', 0o644],
      ['Dockerfile', 0o644],
      ['bin/run.js', 0o755],
      ['src/deep/a.ts', 0o644],
      ['src/main.ts', 0o644],
    ]);
    expect(files[1]![1]).toBe('FROM scratch\n');
  });

  test('of this checkout has no test, no dot file and nothing from outside', async () => {
    const { zip: bytes, fileCount } = await packSource('.');
    const path = join(scratch, 'self.zip');
    await writeFile(path, bytes);
    const names = listZip(path);
    expect(names).toHaveLength(fileCount);
    expect(names).toContain('src/main.ts');
    expect(names.filter((name) => /\.test\.tsx?$|(^|\/)\.(?!dockerignore)|node_modules|^test\//.test(name))).toEqual([]);
    expect((await readFile('Dockerfile', 'utf8')).length).toBeGreaterThan(0);
  });

  test('any content can be read back', async () => {
    const path = join(scratch, 'any.zip');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 4 }), async (contents) => {
        await writeFile(
          path,
          zip(contents.map((content, index) => ({ path: `é/${index}`, content: Buffer.from(content), isExecutable: false }))),
        );
        expect(read(path).map(([name, content]) => [name, content])).toEqual(
          contents.map((content, index) => [`é/${index}`, Buffer.from(content).toString('latin1')]),
        );
      }),
      { numRuns: 8 },
    );
  });
});

function listZip(path: string): string[] {
  const program = 'import json,sys,zipfile; print(json.dumps(zipfile.ZipFile(sys.argv[1]).namelist()))';
  return JSON.parse(execFileSync('python3', ['-c', program, path], { encoding: 'utf8' })) as string[];
}
