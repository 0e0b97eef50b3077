import { expect, test } from 'vitest';
import { callsOf, makeHostRoot } from './host-root.ts';

const gpus: [rows: string, inFlight: number, queue: number][] = [
  ['NVIDIA A10G, 8.6', 32, 64],
  ['NVIDIA L4, 8.9', 24, 48],
  ['Tesla T4, 7.5', 12, 24],
  ['NVIDIA L40S, 8.9', 12, 24],
];

test.each(gpus)('the gateway on a host with %s takes %i requests at once and queues %i', async (row, inFlight, queue) => {
  const root = makeHostRoot();
  root.stub('nvidia-smi', `echo '${row}'`);
  const { status, calls } = await root.run('llm-gateway');
  expect(status).toBe(0);
  const create = calls.find((call) => call.startsWith('docker create'));
  expect(create).toContain(`--env LLM_MAX_IN_FLIGHT=${inFlight} --env LLM_MAX_QUEUE=${queue} `);
});

test('the container is shut in, reaches only its network and its files, and logs with the role of the host', async () => {
  const root = makeHostRoot();
  const result = await root.run('llm-gateway');
  const [create = ''] = callsOf(result, 'docker create');
  for (const part of [
    '--pull never --name gateway ',
    '--network llm --publish 8000:8000 ',
    '--user 10001:10001 --read-only ',
    '--cap-drop ALL --security-opt no-new-privileges --memory 2g ',
    `--mount type=bind,source=${root.path('etc/llm')},target=/etc/llm,readonly `,
    `--mount type=bind,source=${root.path('run/llm')},target=/run/llm,readonly `,
    `--env-file ${root.path('etc/llm/host.env')} `,
    '--env HOST=0.0.0.0 --env PORT=8000 --env SLUICE_CONFIG=/etc/llm/sluice.yaml ',
    '--log-driver awslogs --log-opt awslogs-region=us-east-1 --log-opt awslogs-group=/llm/llm-dev-gpu/gateway --log-opt awslogs-stream=i-0123 ',
    '--log-opt mode=non-blocking',
  ])
    expect(create).toContain(part);
  expect(create).not.toContain('SLUICE_AUTH');
  expect(create).not.toContain('--network host');
  expect(create).toMatch(/gateway@sha256:a{64}$/);
  expect(callsOf(result, 'docker login')).toEqual([
    'docker login --username AWS --password-stdin 111122223333.dkr.ecr.us-east-1.amazonaws.com',
  ]);
  expect(result.log).not.toContain('password');
  // Removed before it is made: what an earlier start or a reboot left would hold the name.
  expect(result.calls.indexOf('docker rm --force --volumes gateway')).toBeLessThan(result.calls.indexOf(create));
});

test('without a secret of keys the gateway is told that it is open on purpose', async () => {
  const result = await makeHostRoot().run('llm-gateway', { LLM_KEYS_SECRET_ARN: '' });
  expect(callsOf(result, 'docker create')[0]).toContain('--env SLUICE_AUTH=none ');
});

test.each([
  ['is missing', 'exit 127'],
  ['hangs', 'exec /usr/bin/sleep 30'],
  ['answers nonsense', 'echo "No devices were found"'],
])('the gateway starts with the smallest limits when nvidia-smi %s', async (_, body) => {
  const root = makeHostRoot();
  root.stub('nvidia-smi', body);
  const result = await root.run('llm-gateway');
  expect(result.status).toBe(0);
  expect(result.log).toContain('nvidia-smi does not answer; the gateway starts with the limits of the smallest GPU');
  expect(callsOf(result, 'docker create')[0]).toContain('--env LLM_MAX_IN_FLIGHT=12 --env LLM_MAX_QUEUE=24 ');
});

test('an image that is on the host is started without asking the registry', async () => {
  const root = makeHostRoot();
  root.stub('docker', 'case "$1" in wait) echo 0 ;; esac');
  root.stub('aws', 'exit 255');
  const result = await root.run('llm-gateway');
  expect(result.status).toBe(0);
  expect(callsOf(result, 'docker pull')).toEqual([]);
});

test('a pull that fails twice is tried again, with a new login each time', async () => {
  const root = makeHostRoot();
  root.stub(
    'docker',
    'case "$1 $2" in "image inspect") exit 1 ;; "wait "*) echo 0 ;; "login "*) cat >/dev/null ;; "pull "*) echo >>"$LLM_ROOT/pulls"; [[ $(grep -c "" "$LLM_ROOT/pulls") == 3 ]] ;; esac',
  );
  const result = await root.run('llm-gateway');
  expect(result.status).toBe(0);
  expect(callsOf(result, 'docker pull')).toHaveLength(3);
  expect(callsOf(result, 'docker login')).toHaveLength(3);
  expect(callsOf(result, 'sleep')).toEqual(['sleep 2', 'sleep 4']);
});

test('a login that is refused ends the start with the image in the message', async () => {
  const root = makeHostRoot();
  root.stub('aws', 'echo "AccessDeniedException: ecr:GetAuthorizationToken" >&2; exit 254');
  const result = await root.run('llm-gateway');
  expect(result.status).toBe(1);
  expect(result.log).toContain('AccessDeniedException');
  expect(result.log).toMatch(/the gateway's image \S+gateway@sha256:a{64} cannot be pulled/);
  expect(callsOf(result, 'docker create')).toEqual([]);
});

test('the gateway answers without CloudWatch: its output stays on the host then', async () => {
  const root = makeHostRoot();
  root.stub(
    'docker',
    'case "$*" in "wait "*) echo 0 ;; create*" local "*) touch "$LLM_ROOT/local" ;; "start gateway") [[ -e "$LLM_ROOT/local" ]] || { echo "failed to initialize logging driver" >&2; exit 1; } ;; esac',
  );
  const result = await root.run('llm-gateway');
  expect(result.status).toBe(0);
  expect(callsOf(result, 'docker start')).toHaveLength(5);
  const [first = '', second = ''] = callsOf(result, 'docker create');
  expect(first).toContain('--log-driver awslogs');
  expect(second).toContain('--log-driver local --network llm');
  expect(result.log).toContain('docker logs gateway');
});

test('CloudWatch that refuses for a moment, as with a role that is new, still gets the output', async () => {
  const root = makeHostRoot();
  root.stub(
    'docker',
    'case "$*" in "wait "*) echo 0 ;; "start gateway") echo >>"$LLM_ROOT/starts"; [[ $(grep -c "" "$LLM_ROOT/starts") == 3 ]] ;; esac',
  );
  const result = await root.run('llm-gateway');
  expect(result.status).toBe(0);
  expect(callsOf(result, 'docker create')).toHaveLength(1);
  expect(callsOf(result, 'sleep')).toEqual(['sleep 2', 'sleep 4']);
});

test('the script ends as the container does, so that systemd starts both again', async () => {
  const root = makeHostRoot();
  root.stub('docker', 'case "$1 $2" in "wait "*) echo 137 ;; esac');
  const result = await root.run('llm-gateway');
  expect(result.status).toBe(137);
  expect(result.log).toContain('gateway ended with status 137');
});

test('at a shell the script reads its variables from the file of the host', async () => {
  const result = await makeHostRoot().run('llm-gateway', { LLM_NAME: '', LLM_REGION: '', LLM_GATEWAY_LOG_GROUP: '' });
  expect(result.status).toBe(0);
  expect(callsOf(result, 'docker create')[0]).toContain(
    'awslogs-region=us-east-1 --log-opt awslogs-group=/llm/llm-dev-gpu/gateway',
  );
});
