import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { managedPolicies } from '../../rehearsal/permissions.ts';
import { readAuthorizationData } from '../permissions/authorization-data.ts';
import { permissionFaults } from '../permissions/permission-faults.ts';
import { deployment, putStaged, secretOf, startCommands, statesOf, type CommandsOnMock } from './commands-on-mock.ts';

// Load balancers, distributions and endpoints are waited for, and OpenTofu starts many times.
vi.setConfig({ testTimeout: 400_000 });

/** One account from empty to empty: each test goes on where the one before ended, since a topology takes minutes to make. */
let on: CommandsOnMock;
beforeAll(async () => {
  on = await startCommands();
});
afterAll(() => on.stop());

/** Of a deployment without what has its own tests. */
const quick = ['--no-preflight', '--no-stage', '--no-wait'];
const deploy = (...flags: string[]) => on.run('deploy', ...quick, ...flags);

const keyPattern = /sk-[\w-]{43}/;
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');

/** The version of the secret is all that new keys change. */
const secretAlone = '1 to replace, 0 to delete\n    replace aws_secretsmanager_secret_version.api_keys[0]\n';

/** Keys that were in force, the newest last. */
const keys: string[] = [];

describe('bootstrap', () => {
  test('a deployment without it says that it comes first', async () => {
    const { code, stderr } = await deploy('--yes');
    expect(stderr).toMatch(/no state for llm in us-east-1 yet \(bucket llm-state-123456789012-us-east-1\): run sluice bootstrap/);
    expect(code).toBe(1);
  });

  test('without a terminal and --yes nothing is made', async () => {
    const { code, stdout, stderr } = await on.run('bootstrap');
    expect(stdout).toMatch(/\d+ to create, 0 to change/);
    expect(stderr).toMatch(/no terminal to ask at: --yes/);
    expect(code).toBe(1);
    expect((await (await on.aws.client('s3')).listBuckets({})).Buckets).toEqual([]);
  });

  test('one that breaks off before its state is in the bucket keeps it here, and what was chosen', async () => {
    await on.mock.setFaults({ deny: ['dynamodb:PutItem'] });
    const { code, stdout, stderr } = await on.run('bootstrap', '--yes', '--github', 'octocat/service:1:2');
    expect(stdout).toMatch(/moving its own state into s3:\/\/llm-state-\S+\/bootstrap\.tfstate\n$/);
    expect(stderr).toMatch(/dynamodb:PutItem/i);
    expect(code).toBe(1);
    await on.mock.clearFaults();
  });

  test('the next run goes on with it, moves the state, and leaves nothing here', async () => {
    const { code, stdout, stderr } = await on.run('bootstrap', '--yes');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/nothing to change\nmoving its own state/);
    expect(stdout).toMatch(/ready\n {2}state {6}s3:\/\/llm-state-123456789012-us-east-1, locks in llm-state-lock\n/);
    expect(stdout).toMatch(/AWS_PLAN_ROLE_ARN {4}arn:aws:iam::123456789012:role\//);
    expect(code).toBe(0);
    const folder = join(on.cache, 'sluice/deployments/123456789012-us-east-1-llm-bootstrap');
    expect(existsSync(join(folder, 'root'))).toBe(false);
  });

  test('again it changes nothing, and knows what was chosen even if that got lost', async () => {
    const again = await on.run('bootstrap', '--yes');
    expect(again.stdout).toMatch(/nothing to change[\s\S]*AWS_PLAN_ROLE_ARN/);
    const s3 = await on.aws.client('s3');
    await s3.deleteObject({ Bucket: deployment.stateBucket, Key: 'bootstrap.tfvars.json' });
    const lost = await on.run('bootstrap', '--yes');
    expect(lost.stderr).toMatch(/for which repository is not known here: say --github/);
    const told = await on.run('bootstrap', '--yes', '--github', 'octocat/service:1:2');
    expect(told.stdout).toMatch(/nothing to change/);
  });
});

describe('deploy', () => {
  test('what is not staged is named, when the artifacts stand', async () => {
    const { code, stderr } = await deploy('--yes');
    expect(stderr).toBe('not staged yet: weights, engine, gateway; run sluice stage gpu --env dev\n');
    expect(code).toBe(1);
    await putStaged(on.aws);
  });

  test('an interrupt in the apply saves the state, frees the lock and tells the key that is in force', async () => {
    await on.edit((text) =>
      text.replace('api_key_required   = false', 'api_key_required = true\nwait_for_capacity_timeout = "0"'),
    );
    const run = on.start('deploy', ...quick, '--yes');
    await on.mock.untilCalled('secretsmanager:PutSecretValue', 200_000);
    await on.mock.untilCalled('elasticloadbalancing:CreateLoadBalancer', 200_000);
    // It is asked for by its name before, and waited for afterwards.
    const looks = async () => (await on.mock.calls())['elasticloadbalancing:DescribeLoadBalancers'];
    await expect.poll(looks, { timeout: 100_000 }).toBeGreaterThan(1);
    run.child.kill('SIGINT');
    expect(await run.ended).toEqual({ code: 130, signal: null });
    expect(run.stderr).toMatch(/^stopping in order[\s\S]*was interrupted; it stopped in order/);
    const [key = ''] = /The new API key is in force already; keep it: (\S+)/.exec(run.stdout)?.slice(1) ?? [];
    expect(key).toMatch(keyPattern);
    expect(await secretOf(on.aws)).toContain(hashOf(key));
    keys.push(key);
    const { Items = [] } = await (await on.aws.client('dynamodb')).scan({ TableName: deployment.lockTable });
    expect(Items.filter(({ Info }) => Info !== undefined)).toEqual([]);
  });

  test('the next run goes on with it, and keeps that key', async () => {
    const { code, stdout, stderr } = await deploy('--yes');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/artifacts \(dev\)\n {2}nothing to change\n/);
    expect(stdout).toMatch(/going on with what a run broke off at: .*module\.load_balancer\.aws_lb\.this/);
    expect(stdout).toMatch(/\$[\d,.]+ a month/);
    expect(stdout).toMatch(/deployed\n {2}endpoint {3}https:\/\/\w+\.execute-api\.us-east-1\.amazonaws\.com\/dev\/v1\n/);
    expect(stdout).toMatch(/Bearer <your key>/);
    expect(stdout).not.toMatch(keyPattern);
    expect(code).toBe(0);
    expect(await secretOf(on.aws)).toContain(hashOf(keys[0] ?? ''));
  });

  test('again it is up to date, which --json says on standard output alone', async () => {
    const { code, stdout, stderr } = await deploy('--json');
    expect(stderr).toMatch(/planning topology gpu \(dev\)\n {2}nothing to change\n/);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ has_changed: false, is_healthy: null, api_key: null, outputs: { api_keys_version: 1 } });
    expect(code).toBe(0);
  });

  test('--rotate-key writes a new key, shows it once, and touches nothing else', async () => {
    const { code, stdout } = await deploy('--rotate-key', '--yes');
    expect(stdout).toContain(secretAlone);
    const [key = ''] = keyPattern.exec(stdout) ?? [];
    expect(stdout).toContain(`API key    ${key}   (shown this once; only its hash is stored)`);
    expect(code).toBe(0);
    const secret = await secretOf(on.aws);
    expect(secret).toContain(hashOf(key));
    expect(secret).not.toContain(hashOf(keys[0] ?? ''));
    keys.push(key);
  });

  test('a keys file is looked at before anything is planned', async () => {
    const path = join(on.cache, 'keys.yaml');
    await writeFile(path, 'keys: [{ alias: team, key: sk-in-the-open }]\n');
    expect((await deploy('--yes', '--keys-file', path)).stderr).toMatch(/holds the key "team" itself: give its SHA-256/);
    await writeFile(path, 'keys: [{ alias: team, hsah: x }]\n');
    expect((await deploy('--yes', '--keys-file', path)).stderr).toMatch(/hsah/);
    expect((await deploy('--yes', '--keys-file', 'missing.yaml')).stderr).toBe('cannot read missing.yaml\n');
  });

  test('a keys file changes the secret alone, and without a terminal not even that', async () => {
    const path = join(on.cache, 'keys.yaml');
    await writeFile(path, `keys: [{ alias: team, hash: ${hashOf('sk-team')} }]\n`);
    const { code, stdout, stderr } = await deploy('--keys-file', path);
    expect(stdout).toContain(secretAlone);
    expect(stderr).toMatch(/no terminal to ask at: --yes answers/);
    expect(code).toBe(1);
    expect(await secretOf(on.aws)).toContain(hashOf(keys.at(-1) ?? ''));
  });

  test('a plan that would replace the network is refused, whoever says yes', async () => {
    await on.edit((text) => `${text}vpc_cidr = "10.9.0.0/16"\n`);
    const { code, stderr } = await deploy('--yes');
    expect(stderr).toMatch(/would replace or delete .*module\.networking\.aws_vpc\.this.*--allow-replace.*Nothing was changed/);
    expect(code).toBe(1);
    await on.edit((text) => text.replace(/^vpc_cidr.*\n/m, ''));
  });

  test('no key lies in a state, in a plan or in what is kept here', async () => {
    const states = await statesOf(on.aws);
    expect(states.length).toBeGreaterThan(5);
    for (const key of keys) {
      expect(states.filter((state) => state.includes(key) || state.includes(hashOf(key)))).toEqual([]);
    }
    const kept = await readdir(join(on.cache, 'sluice/deployments'), { recursive: true });
    expect(kept.filter((path) => /plan|values/.test(path))).toEqual([]);
  });
});

describe('destroy', () => {
  test('it needs the name to be typed, and refuses what makes no sense', async () => {
    expect((await on.run('destroy')).stderr).toMatch(/no terminal to ask at: --yes goes on without/);
    expect((await on.run('destroy', '--force', '--yes')).stderr).toBe('--force belongs to --artifacts; nothing was changed\n');
    expect((await on.run('destroy', '--artifacts', '--yes')).stderr).toMatch(/holds weights or other objects: say --force/);
  });

  test('it lifts the protection, takes the topology down, and says what is left', async () => {
    const balancers = await on.aws.client('elastic-load-balancing-v2');
    const { LoadBalancers = [] } = await balancers.describeLoadBalancers({});
    await balancers.modifyLoadBalancerAttributes({
      LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn ?? '',
      Attributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }],
    });
    // What was staged is not needed for it.
    const s3 = await on.aws.client('s3');
    const gateway = { Bucket: deployment.artifactsBucket, Key: 'staged/gateway.json' };
    // The version itself: the mock cannot empty a bucket with delete markers.
    const { VersionId = '' } = await s3.headObject(gateway);
    await s3.deleteObject({ ...gateway, VersionId });
    const { code, stdout, stderr } = await on.run('destroy', '--yes');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/lifting the deletion protection/);
    expect(stdout).toMatch(/done\nleft behind:\n {2}weights and images in llm-dev-gpu-artifacts-\S+ and ECR/);
    expect(stdout).toMatch(/ {2}the secret with hashed keys, for the days of its recovery window\n {2}the state bucket/);
    expect(code).toBe(0);
    expect((await balancers.describeLoadBalancers({})).LoadBalancers).toEqual([]);
  });

  test('again there is nothing; the artifacts go when they are asked for', async () => {
    const again = await on.run('destroy', '--yes');
    expect(again.stderr).toBe('there is nothing to destroy: llm-state-123456789012-us-east-1 has nothing in gpu/dev.tfstate\n');
    const { code, stdout } = await on.run('destroy', '--artifacts', '--force', '--yes', '--json');
    expect(JSON.parse(stdout)).toEqual({
      left: [expect.stringMatching(/^the secret/), expect.stringMatching(/^the state bucket/)],
    });
    expect(code).toBe(0);
    const { Buckets = [] } = await (await on.aws.client('s3')).listBuckets({});
    expect(Buckets.map(({ Name }) => Name)).toEqual([deployment.stateBucket]);
  });
});

describe('permissions', () => {
  test('the roles of bootstrap allow all that was asked for in their names, and no more than they have to', async () => {
    const requests = await on.mock.requests();
    expect(requests.filter(({ actor }) => actor === 'deploy').length).toBeGreaterThan(500);
    const managed = await managedPolicies(on.mock);
    expect(permissionFaults({ requests, data: await readAuthorizationData(), managed })).toEqual([]);
  });
});
