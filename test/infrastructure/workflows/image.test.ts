import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StepRunner } from './step-runner.ts';
import { repository } from './workflow.ts';

const image = new StepRunner('image');
beforeEach(async () => {
  await image.begin();
  await image.file('package.json', '{"version": "1.2.3"}');
});
afterEach(() => image.end());

const digest = `sha256:${'d'.repeat(64)}`;
const onMain = { GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: 'main' };
const onTag = { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.2.3' };
const prepared = { NODE_DIGEST: digest, VERSION: '1.2.3', IMAGE: 'ghcr.io/octo/sluice' };

test('the base image is the one of the Dockerfile, from a registry that is not metered', () => {
  const [, version] = /^ARG NODE_IMAGE=docker\.io\/library\/(.*)$/m.exec(readFileSync(`${repository}/Dockerfile`, 'utf8'))!;
  expect(image.workflow.jobs['image']!.env?.['NODE_IMAGE']).toBe(`public.ecr.aws/docker/library/${version}`);
});

describe('the builder', () => {
  const prepare = (body: string, env: Record<string, string>) =>
    image.standIn('docker', body).then(() => image.run('image', 'Prepare the builder', { env }));

  test('has one base image for every build, and names that the registry takes', async () => {
    const { status, calls, exported } = await prepare(`[ "$2" != imagetools ] || echo ${digest}`, onTag);
    expect([status, exported]).toEqual([0, prepared]);
    expect(calls).toEqual([
      'docker buildx create --name sluice --driver docker-container --use',
      'docker buildx imagetools inspect public.ecr.aws/docker/library/node:24.21.0-bookworm-slim --format {{.Manifest.Digest}}',
    ]);
  });

  test('wants a digest', async () => {
    const { status, output, exported } = await prepare('echo "<no value>"', onMain);
    expect([status, exported]).toEqual([1, {}]);
    expect(output).toContain('has no digest');
  });

  test('takes no tag of another version', async () => {
    const { status, output } = await prepare(`echo ${digest}`, { ...onTag, GITHUB_REF_NAME: 'v1.3.0' });
    expect(status).toBe(1);
    expect(output).toContain('The tag is v1.3.0, but package.json says 1.2.3');
  });

  test('a build that fails ends it', async () => {
    await image.standIn('docker', 'exit 1');
    const { status, calls } = await image.run('image', 'Build for this machine', { env: prepared });
    expect(status).toBe(1);
    expect(calls[0]).toContain(`buildx build --load --tag sluice:test`);
    expect(calls[0]).toContain(
      `--build-arg NODE_DIGEST=${digest} --build-arg VERSION=1.2.3 --build-arg REVISION=0123456789abcdef`,
    );
  });
});

describe('before it is pushed', () => {
  const health = async (states: string) => {
    await image.standIn('docker', `case $1 in inspect) n=$(grep -c '^docker inspect' "${image.root}/calls"); ${states} ;; esac`);
    return image.run('image', 'Test that it becomes healthy', { env: { ATTEMPTS: '3', PAUSE_S: '0' } });
  };

  test('the gateway and the standby responder become healthy, on a root that cannot be written', async () => {
    const { status, output, calls } = await health('[ $n -lt 2 ] && echo starting || echo healthy');
    expect([status, output]).toEqual([0, 'gateway is healthy\nstandby is healthy\n']);
    expect(calls.slice(0, 2)).toEqual([
      `docker run --detach --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --name gateway --env SLUICE_AUTH=none --volume ${image.root}/temp/x.yaml:/x.yaml:ro sluice:test --config /x.yaml`,
      'docker run --detach --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --name standby --env SLUICE_MODE=standby sluice:test',
    ]);
    expect(calls.at(-1)).toBe('docker rm --force gateway standby');
  });

  test.each([
    ['that is sick', 'echo unhealthy', 1],
    ['that never says', 'echo starting', 3],
  ])('one %s is not pushed, and its log is shown', async (_, states, looks) => {
    const { status, output, calls } = await health(states);
    expect(status).toBe(1);
    expect(output).toContain('::error::the container gateway is');
    expect(calls.filter((call) => call.startsWith('docker inspect'))).toHaveLength(looks);
    expect(calls.at(-1)).toBe('docker logs gateway');
  });

  test('the test comes before the push', () => {
    const names = image.workflow.jobs['image']!.steps.map(({ name }) => name);
    expect(names.indexOf('Test that it becomes healthy')).toBeLessThan(names.indexOf('Build for both processors and push'));
  });
});

describe('the push', () => {
  const push = async (env: Record<string, string>) => {
    await image.standIn(
      'docker',
      `case $1 in
  login) cat >"${image.root}/password" ;;
  buildx) while [ $# -gt 0 ]; do [ "$1" != --metadata-file ] || echo '{"containerimage.digest": "${digest}"}' >"$2"; shift; done ;;
esac`,
    );
    const context = { github: { token: 'the-token' } };
    return image.run('image', 'Build for both processors and push', { context, env: { ...prepared, ...env } });
  };
  const tags = (call: string | undefined) => [...(call ?? '').matchAll(/--tag (\S+)/g)].map(([, tag]) => tag);

  test('of a version has its numbers', async () => {
    const { calls, outputs, summary } = await push(onTag);
    expect(calls[0]).toBe('docker login ghcr.io --username octocat --password-stdin');
    expect((await image.text('password')).trim()).toBe('the-token');
    expect(tags(calls[1])).toEqual(['ghcr.io/octo/sluice:1.2.3', 'ghcr.io/octo/sluice:1.2', 'ghcr.io/octo/sluice:latest']);
    expect(calls[1]).toContain('--push --platform linux/amd64,linux/arm64 --provenance=mode=max');
    expect(outputs).toEqual({ digest });
    expect(summary).toBe(`\`ghcr.io/octo/sluice@${digest}\`\n`);
  });

  test('of main has its commit', async () => {
    expect(tags((await push(onMain)).calls[1])).toEqual(['ghcr.io/octo/sluice:main', 'ghcr.io/octo/sluice:sha-0123456789ab']);
  });

  test('that the registry refuses fails', async () => {
    await image.standIn('docker', 'exit 1');
    expect((await image.run('image', 'Build for both processors and push', { env: { ...prepared, ...onMain } })).status).toBe(1);
  });
});

test('what was pushed, and nothing else, is signed, and the signature lies beside it', () => {
  const { steps } = image.workflow.jobs['image']!;
  const signing = steps.findIndex(({ uses }) => uses?.startsWith('actions/attest-build-provenance@') === true);
  expect(steps[signing]?.with).toEqual({
    'subject-name': '${{ env.IMAGE }}',
    'subject-digest': '${{ steps.push.outputs.digest }}',
    'push-to-registry': true,
  });
  expect(steps.findIndex(({ id }) => id === 'push')).toBe(signing - 1);
});

test('all of its shell was run here', () => {
  expect(image.notRun()).toEqual([]);
});
