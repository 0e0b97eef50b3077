import { chmodSync } from 'node:fs';
import { expect, test } from 'vitest';
import { callsOf, makeHostRoot } from './host-root.ts';

const control = 'opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl';
const script = '#!/bin/bash\necho "agent $*" >>"$LLM_ROOT/calls"\n';

function rootWithAgent() {
  const root = makeHostRoot();
  root.write(control, script);
  chmodSync(root.path(control), 0o755);
  return root;
}

test('the agent is started with the names of this host in its configuration', async () => {
  const root = rootWithAgent();
  root.write('run/llm-host/serving', '');
  const result = await root.run('llm-agent');
  expect(result.status).toBe(0);
  const written = 'run/llm-host/cloudwatch-agent.json';
  // Without systemd reading its units anew, which would take the GPU from the engine's container.
  expect(callsOf(result, 'agent')).toEqual([`agent -a fetch-config -m ec2 -c file:${root.path(written)}`]);
  expect(result.calls.at(-1)).toBe('systemctl restart amazon-cloudwatch-agent');
  expect(root.read(written)).not.toContain('@');
  const { agent, metrics, logs } = JSON.parse(root.read(written)) as {
    agent: object;
    metrics: { metrics_collected: Record<string, { append_dimensions: unknown }> };
    logs: { logs_collected: { files: { collect_list: { log_group_name: string; file_path: string }[] } } };
  };
  expect(agent).toMatchObject({ metrics_collection_interval: 10, region: 'us-east-1' });
  expect(metrics).toMatchObject({
    namespace: 'LLMInference',
    aggregation_dimensions: [['AutoScalingGroupName']],
    metrics_collected: {
      nvidia_gpu: {
        measurement: [
          { name: 'utilization_gpu', rename: 'GPUUtilization', unit: 'Percent' },
          { name: 'memory_used', rename: 'GPUMemoryUsedMiB' },
        ],
      },
    },
  });
  // A literal name: the agent would need ec2:DescribeTags to find it.
  for (const section of Object.values(metrics.metrics_collected))
    expect(section.append_dimensions).toEqual({ AutoScalingGroupName: 'llm-dev-gpu-fleet' });
  const files = logs.logs_collected.files.collect_list;
  expect(files.map((file) => file.file_path)).toEqual(['/var/log/llm/host.log', '/var/log/cloud-init-output.log']);
  expect(new Set(files.map((file) => file.log_group_name))).toEqual(new Set(['/llm/llm-dev-gpu/host']));
});

test('a host that still starts sends logs, and no figures of its idle GPU into the average by which the fleet scales', async () => {
  const root = rootWithAgent();
  const result = await root.run('llm-agent');
  expect(callsOf(result, 'agent')).toEqual([
    `agent -a fetch-config -m ec2 -s -c file:${root.path('run/llm-host/cloudwatch-agent.json')}`,
  ]);
  const { metrics, logs } = JSON.parse(root.read('run/llm-host/cloudwatch-agent.json')) as {
    metrics: { metrics_collected: object };
    logs: object;
  };
  expect(Object.keys(metrics.metrics_collected)).toEqual(['mem', 'disk']);
  expect(JSON.stringify(logs)).toContain('/llm/llm-dev-gpu/host');
});

test('a machine image without the agent gets it from the bucket', async () => {
  const root = makeHostRoot();
  root.stub(
    'dpkg',
    `mkdir -p "$(dirname "$LLM_ROOT/${control}")"; printf '%s' '${script}' >"$LLM_ROOT/${control}"; chmod +x "$LLM_ROOT/${control}"`,
  );
  const result = await root.run('llm-agent');
  expect(result.status).toBe(0);
  const debian = root.path('run/llm-host/agent.deb');
  expect(callsOf(result, 'aws')).toEqual([
    `aws s3 cp --only-show-errors --region us-east-1 s3://llm-dev-gpu-artifacts/cwagent/amazon-cloudwatch-agent.deb ${debian}`,
  ]);
  expect(callsOf(result, 'dpkg')).toEqual([`dpkg --install ${debian}`]);
  expect(callsOf(result, 'agent')).toHaveLength(1);
});

test('a bucket without the agent is no end: AWS publishes one', async () => {
  const root = makeHostRoot();
  root.stub('aws', 'case "$*" in *--no-sign-request*) exit 0 ;; *) echo "fatal error: (404) Not Found" >&2; exit 1 ;; esac');
  const result = await root.run('llm-agent');
  expect(callsOf(result, 'aws')[1]).toBe(
    `aws s3 cp --only-show-errors --region us-east-1 --no-sign-request s3://amazoncloudwatch-agent-us-east-1/ubuntu/amd64/latest/amazon-cloudwatch-agent.deb ${root.path('run/llm-host/agent.deb')}`,
  );
  expect(callsOf(result, 'dpkg')).toHaveLength(1);
});

test('an agent that cannot be had fails the unit, which is tried again', async () => {
  const root = makeHostRoot();
  root.stub('aws', 'echo "fatal error: (403) Forbidden" >&2; exit 1');
  const result = await root.run('llm-agent');
  expect(result.status).toBe(1);
  expect(result.log).toContain('the machine image has no CloudWatch agent');
  expect(callsOf(result, 'dpkg')).toEqual([]);
});

test('what our units log becomes the file that the agent reads', async () => {
  const root = makeHostRoot();
  root.stub('journalctl', 'echo "2026-11-21T15:06:45+0000 host llm-stage[1]: the image is here"');
  const result = await root.run('llm-journal');
  expect(root.read('var/log/llm/host.log')).toContain('the image is here');
  for (const unit of ['gateway', 'keys', 'gpu-probe', 'stage', 'engine', 'ready', 'spot', 'agent'])
    expect(callsOf(result, 'journalctl')[0]).toContain(`--unit=llm-${unit} `);
  // The agent reads times without an offset, as UTC.
  expect(callsOf(result, 'journalctl')[0]).toContain(' --output=short-iso --utc ');
  expect(root.read('etc/llm/cloudwatch-agent.json')).toContain(
    '"timestamp_format": "%Y-%m-%dT%H:%M:%S",\n            "timezone": "UTC"',
  );
});
