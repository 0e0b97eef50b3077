import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Status } from '../../../src/deploy/preflight/check.ts';
import type { Preflight } from '../../../src/deploy/preflight/preflight.ts';
import type { Target } from '../../../src/deploy/target.ts';
import { json, startAccount, type Account } from './account.ts';
import { find, lookAt, restore } from './look.ts';
import { makeReady } from './ready.ts';

let account: Account;
beforeAll(async () => {
  account = await startAccount();
  await makeReady(account);
});
afterAll(() => account.stop());
beforeEach(() => restore(account));

const look = (only: readonly string[], values: Target['values'] = {}): Promise<Preflight> =>
  lookAt(account, { changes: { values: { ...account.target.values, ...values } }, only });

function setQuota(code: string, value: number): void {
  const usual = account.answers.get('servicequotas:GetServiceQuota')!;
  account.answers.set('servicequotas:GetServiceQuota', (body) =>
    body.includes(code) ? json({ Quota: { Value: value } }) : usual(body),
  );
}

type Fault = readonly [
  what: string,
  id: string,
  status: Status,
  told: RegExp,
  code: string,
  value: number,
  values: Target['values'],
];

const faults: readonly Fault[] = [
  ['a GPU quota of nothing', 'quota-gpu', 'fail', /no room for 1 host/, 'L-DB2E81BA', 0, {}],
  ['a GPU quota for fewer hosts than the most', 'quota-gpu', 'warn', /room for 1 of max_instances = 2/, 'L-DB2E81BA', 4, {}],
  [
    'a GPU quota without room for the extra host of an update',
    'quota-gpu',
    'warn',
    /room for 2 hosts, but for no new one before an old one goes/,
    'L-DB2E81BA',
    8,
    {},
  ],
  [
    'a quota of nothing for spot hosts',
    'quota-gpu-spot',
    'warn',
    /^0 vCPUs of spot G and VT instances; g5.xlarge has 4: room for 0 of 1 spot hosts under max_instances = 2 hosts/,
    'L-3819A6DF',
    0,
    { spot: {} },
  ],
  [
    'a quota of nothing where every host is a spot one',
    'quota-gpu-spot',
    'fail',
    /no room for 1 host/,
    'L-3819A6DF',
    0,
    { spot: { on_demand_base: 0 } },
  ],
  [
    'a quota of nothing for the host that only an update may add',
    'quota-gpu-spot',
    'warn',
    /no room, where an update may add one at full size/,
    'L-3819A6DF',
    0,
    { spot: { on_demand_base: 2 } },
  ],
  ['an account that may run no build', 'quota-builds', 'fail', /no build of Linux\/Medium/, 'L-2DC20C30', 0, {}],
  ['no VPC left', 'quota-vpcs', 'fail', /1 of 1 VPCs in use, 1 more needed/, 'L-F678F1CE', 1, {}],
  ['no address left', 'quota-addresses', 'fail', /0 of 0 Elastic IPs/, 'L-0263D0A3', 0, {}],
  ['no NAT gateway left', 'quota-nat', 'fail', /0 of 0 NAT/, 'L-FE5A380F', 0, {}],
  ['no load balancer left', 'quota-load-balancers', 'fail', /0 of 0/, 'L-53DA6B97', 0, {}],
  ['no API left', 'quota-apis', 'fail', /0 of 0/, 'L-AA0FF27B', 0, {}],
  ['no VPC link left', 'quota-vpc-links', 'fail', /0 of 0/, 'L-608BDCD4', 0, {}],
  ['no web ACL left', 'quota-web-acls', 'fail', /0 of 0/, 'L-2EC3DE7B', 0, {}],
];

test.each(faults)('%s: %s says %s', async (...[, id, status, told, code, value, values]) => {
  setQuota(code, value);
  const found = find(await look([id], values), id);
  expect(found.detail).toMatch(told);
  expect(found.status).toBe(status);
  expect(found.fix).toContain(`--quota-code ${code} `);
});

test.each([
  [null, /room for 2 hosts and one more in an update/, 'no spot hosts'],
  [{ on_demand_base: 0 }, 'no on-demand hosts', /room for 2 hosts and one more in an update/],
  [{ on_demand_base: 1 }, /: room for 1 host$/, /: room for 1 host and one more in an update/],
  // Of three, 60 % of the two above the base are 1.2 hosts: 2.
  [{ on_demand_base: 1, on_demand_percentage: 60 }, /: room for 2 hosts and one more in an update/, 'no spot hosts'],
])('hosts count under the quota of their kind: spot = %j', async (spot, onDemand, spotHosts) => {
  const found = await look(['quota-gpu', 'quota-gpu-spot'], { spot, max_instances: 2 });
  expect(find(found, 'quota-gpu')).toMatchObject({ status: 'pass', detail: expect.stringMatching(onDemand) });
  expect(find(found, 'quota-gpu-spot')).toMatchObject({ status: 'pass', detail: expect.stringMatching(spotHosts) });
});

test('with one build at a time staging takes longer, and does its work', async () => {
  setQuota('L-2DC20C30', 1);
  expect(find(await look(['quota-builds']), 'quota-builds')).toMatchObject({
    status: 'pass',
    detail: expect.stringContaining('one after the other'),
  });
});

test('a deployment that has its state and network does not count its own against itself', async () => {
  const { aws, names, target } = account;
  await (await aws.client('s3')).putObject({ Bucket: names.stateBucket, Key: target.stateKey, Body: '{}' });
  await (await aws.client('cloudwatch-logs')).createLogGroup({ logGroupName: '/llm/llm-dev-gpu/gateway' });
  const tags = { ResourceType: 'vpc' as const, Tags: [{ Key: 'Deployment', Value: 'llm-dev-gpu' }] };
  await (await aws.client('ec2')).createVpc({ CidrBlock: '10.0.0.0/16', TagSpecifications: [tags] });
  setQuota('L-F678F1CE', 2);
  const own = ['names', 'quota-vpcs', 'network-range'];
  const found = await look(own);
  expect(own.map((id) => find(found, id).status)).toEqual(['pass', 'pass', 'pass']);
});
