import { expect, test } from 'vitest';
import { callsOf, makeHostRoot } from './host-root.ts';

function stagedRoot() {
  const root = makeHostRoot();
  root.write('run/llm-host/staged', '/opt/dlami/nvme/llm\n');
  root.stub('docker', 'case "$1" in wait) echo 0 ;; esac');
  return root;
}

const gpus: [row: string, type: string, sequences: number][] = [
  ['NVIDIA A10G, 8.6', 'bfloat16', 64],
  ['NVIDIA L4, 8.9', 'bfloat16', 48],
  ['Tesla T4, 7.5', 'half', 16],
  ['NVIDIA H100 80GB HBM3, 9.0', 'bfloat16', 16],
  ['Tesla V100-SXM2-16GB, 7.0', 'half', 16],
  ['NVIDIA B200, 10.0', 'bfloat16', 16],
];

test.each(gpus)('the engine on %s computes in %s with %i sequences', async (row, type, sequences) => {
  const root = stagedRoot();
  root.stub('nvidia-smi', `echo '${row}'`);
  const result = await root.run('llm-engine');
  expect(result.status).toBe(0);
  expect(callsOf(result, 'docker create')[0]).toMatch(
    new RegExp(
      'serve /models/phi-3-mini --served-model-name phi-3-mini microsoft/Phi-3-mini-4k-instruct --host 0.0.0.0 --port 8001 ' +
        `--max-model-len 4096 --gpu-memory-utilization 0.90 --dtype ${type} --max-num-seqs ${sequences}\\s*$`,
    ),
  );
});

test('the engine is offline, published on loopback only, and reads what was staged', async () => {
  const result = await stagedRoot().run('llm-engine');
  const [create = ''] = callsOf(result, 'docker create');
  for (const part of [
    '--name engine ',
    '--network llm --publish 127.0.0.1:8001:8001 ',
    '--gpus all --ipc host ',
    '--cap-drop ALL --security-opt no-new-privileges ',
    'source=/opt/dlami/nvme/llm/weights,target=/models/phi-3-mini,readonly ',
    'source=/opt/dlami/nvme/llm/compile-cache,target=/cache ',
    '--env HF_HUB_OFFLINE=1 ',
    '--env VLLM_NO_USAGE_STATS=1 ',
    '--env VLLM_CACHE_ROOT=/cache ',
    'awslogs-group=/llm/llm-dev-gpu/engine ',
    '--entrypoint vllm ',
  ])
    expect(create).toContain(part);
  expect(create.match(/--publish/g)).toHaveLength(1);
});

test('several GPUs share the model', async () => {
  const root = stagedRoot();
  root.stub('nvidia-smi', 'for gpu in 1 2 3 4; do echo "NVIDIA A10G, 8.6"; done');
  const result = await root.run('llm-engine');
  expect(callsOf(result, 'docker create')[0]).toContain('--max-num-seqs 64 --tensor-parallel-size 4');
});

test('the devices of the GPUs are named, so that systemd leaves them to the container when it reads its units anew', async () => {
  const root = stagedRoot();
  for (const device of ['nvidia0', 'nvidia1', 'nvidiactl', 'nvidia-uvm', 'nvidia-modeset']) root.write(`dev/${device}`, '');
  const result = await root.run('llm-engine');
  const named = ['nvidia0', 'nvidia1', 'nvidiactl', 'nvidia-uvm'].map((device) => `--device ${root.path(`dev/${device}`)}`);
  expect(callsOf(result, 'docker create')[0]).toContain(`--gpus all ${named.join(' ')} --ipc host `);
});

const stops: [gateway: string, calls: string[]][] = [
  ['deactivating', ['docker wait gateway', 'docker stop -t 30 engine']],
  ['active', ['docker stop -t 30 engine']],
  ['failed', ['docker stop -t 30 engine']],
];

test.each(stops)('while the gateway is %s the engine stops after its last answers, else at once', async (gateway, calls) => {
  const root = makeHostRoot();
  root.stub('systemctl', `echo ${gateway}; [ ${gateway} = active ]`);
  root.stub('docker', '[ "$1" = stop ]');
  const result = await root.run('llm-engine-stop');
  expect(result.status).toBe(0);
  expect(callsOf(result, 'docker')).toEqual(calls);
});

test('the engine is given the time that its gateway takes', () => {
  const root = makeHostRoot();
  const seconds = (unit: string) => Number(/^TimeoutStopSec=(\d+)$/m.exec(root.read(`etc/systemd/system/${unit}.service`))?.[1]);
  expect(seconds('llm-engine')).toBeGreaterThan(seconds('llm-gateway') + 15);
});

test('nothing is started before everything is staged', async () => {
  const result = await makeHostRoot().run('llm-engine');
  expect(result.status).toBe(1);
  expect(result.log).toContain('nothing is staged yet');
  expect(callsOf(result, 'docker')).toEqual([]);
});

test('without an answer of the driver the engine is not started with guessed flags', async () => {
  const root = stagedRoot();
  root.stub('nvidia-smi', 'echo "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver." >&2; exit 9');
  const result = await root.run('llm-engine');
  expect(result.status).toBe(1);
  expect(result.log).toContain('could not communicate with the NVIDIA driver');
  expect(callsOf(result, 'docker create')).toEqual([]);
});

test('an image that somebody removed is not pulled behind the back of staging', async () => {
  const root = stagedRoot();
  root.stub('docker', 'case "$1 $2" in "image inspect") exit 1 ;; esac');
  const result = await root.run('llm-engine');
  expect(result.status).toBe(1);
  expect(result.log).toContain('restart llm-stage');
});
