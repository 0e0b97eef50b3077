import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { callsOf, makeHostRoot } from './host-root.ts';

const image = `111122223333.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:${'a'.repeat(64)}`;

test('a fresh host gets memory, then Docker, then the image, and answers as standby', async () => {
  const root = makeHostRoot('standby');
  const result = await root.run('llm-standby');
  expect(result.status).toBe(0);
  const order = [
    'dd ',
    'swapon ',
    'systemctl enable --now docker',
    'docker login',
    `docker pull --quiet ${image}`,
    'docker create',
    'docker start standby',
  ];
  const places = order.map((start) => result.calls.findIndex((call) => call.startsWith(start)));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(statSync(root.path('swapfile')).mode & 0o777).toBe(0o600);
  const [create = ''] = callsOf(result, 'docker create');
  for (const part of [
    '--pull never --name standby ',
    '--publish 8000:8000 ',
    '--user 10001:10001 --read-only ',
    '--cap-drop ALL --security-opt no-new-privileges --memory 256m ',
    `--env-file ${root.path('etc/llm/host.env')} `,
    '--env HOST=0.0.0.0 --env PORT=8000 --env SLUICE_MODE=standby --env SLUICE_CORS_ORIGINS=https://d111111abcdef8.cloudfront.net ',
    'awslogs-group=/llm/llm-dev-gpu/gateway --log-opt awslogs-stream=i-0123/standby ',
  ])
    expect(create).toContain(part);
  expect(create.endsWith(image)).toBe(true);
  expect(result.log).not.toContain('password');
});

test('Docker is installed from the distribution where it is missing', async () => {
  const root = makeHostRoot('standby');
  root.stub('dnf', 'mv "$LLM_ROOT/stand-ins/later" "$LLM_ROOT/stand-ins/docker"');
  root.write('stand-ins/later', root.read('stand-ins/docker').replace('exit 1', 'exit 0'));
  root.hide('docker');
  const result = await root.run('llm-standby');
  expect(callsOf(result, 'dnf')).toEqual(['dnf install --assumeyes --quiet docker']);
});

test('a restart makes no second swap file, and asks neither distribution nor registry', async () => {
  const root = makeHostRoot('standby');
  root.write('swapfile', '');
  root.stub('docker', 'case "$1" in wait) echo 0 ;; esac');
  root.stub('aws', 'exit 1');
  const result = await root.run('llm-standby');
  expect(result.status).toBe(0);
  for (const start of ['dd', 'mkswap', 'dnf', 'docker login', 'docker pull']) expect(callsOf(result, start)).toEqual([]);
});

test('a login that is refused fails the unit, which is tried again', async () => {
  const root = makeHostRoot('standby');
  root.stub('aws', 'echo AccessDeniedException >&2; exit 254');
  const result = await root.run('llm-standby');
  expect(result.status).toBe(254);
  expect(result.log).toContain('AccessDeniedException');
  expect(callsOf(result, 'docker create')).toEqual([]);
});

test('it answers without CloudWatch and without swap', async () => {
  const root = makeHostRoot('standby');
  root.stub('swapon', 'exit 1');
  root.stub(
    'docker',
    'case "$1 $2" in "wait "*) echo 0 ;; "start standby") [[ -e "$LLM_ROOT/second" ]] || { touch "$LLM_ROOT/second"; exit 1; } ;; esac',
  );
  const result = await root.run('llm-standby');
  expect(result.status).toBe(0);
  expect(callsOf(result, 'docker create')[1]).toContain('--log-driver local --publish 8000:8000');
});
