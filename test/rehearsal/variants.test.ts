import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mockAccountId, startMockAws, type MockAws } from './mock-aws.ts';
import { artifacts } from './staged.ts';
import { Transcript } from './transcript.ts';
import { expectNoViolations } from './violations.ts';
import { makeWorkspace, type Workspace } from './workspace.ts';

/** The longest that is taken: what is made from it is the longest that there can be. */
const name = 'llmabcdefghijkl';

/** What the rehearsal, which has dev's variables, leaves out. */
const variants: Record<'prod' | 'staging', string[]> = {
  prod: [
    '-var=spot={}',
    '-var=scale_up_queue_depth=4',
    '-var=budget_usd_month=1000',
    '-var=max_instances=100',
    '-var=retention_days=3653',
    '-var=tags={ "a:b" = "c d", e = "f@g", h = "", i = "+-=._:/@", j = "k" }',
  ],
  staging: [
    '-var=warm_pool={}',
    '-var=fallback_instance_types=[]',
    '-var=ami_id=ami-0123456789abcdef0',
    '-var=enable_demo=false',
    '-var=enable_standby_responder=false',
    '-var=cors_allowed_origin=*',
    `-var=sns_topic_arn=arn:aws:sns:us-east-1:${mockAccountId}:alarms`,
    '-var=min_instances=0',
  ],
};

let aws: MockAws;
const workspaces: Workspace[] = [];

beforeAll(async () => {
  aws = await startMockAws();
});
afterAll(async () => {
  for (const workspace of workspaces) {
    workspace.stop();
    await workspace.remove();
  }
  await aws.stop();
});

async function openWorkspace(): Promise<Workspace> {
  const workspace = await makeWorkspace({ aws, transcript: new Transcript(() => undefined), roots: ['topologies/gpu'] });
  workspaces.push(workspace);
  // The state is of no use afterwards. Overrides are merged by their names' order.
  await writeFile(join(workspace.pathOf('topologies/gpu'), 'variants_override.tf'), 'terraform {\n  backend "local" {}\n}\n');
  return workspace;
}

test.concurrent.for(Object.entries(variants))(
  'what %s asks of AWS under the longest name is what AWS takes',
  { timeout: 300_000 },
  async ([environment, more]) => {
    const workspace = await openWorkspace();
    await workspace.tofu('topologies/gpu', ['init']);
    const args = [
      `-var-file=../../environments/gpu/${environment}.tfvars`,
      `-var=name=${name}`,
      `-var=account_id=${mockAccountId}`,
      `-var=artifacts=${JSON.stringify(artifacts)}`,
      '-var=wait_for_capacity_timeout=0',
      ...more,
    ];
    await workspace.tofu('topologies/gpu', ['apply', '-auto-approve', '-parallelism=20', ...args]);
    const calls = await aws.calls();
    expect(calls['apigateway:PutRestApi']).toBeGreaterThan(0);
    await expectNoViolations(aws);
  },
);
