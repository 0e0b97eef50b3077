import { expect, test } from 'vitest';
import { type HostRoot, makeHostRoot } from './host-root.ts';

const file = 'run/llm/gpu.json';

/** Runs so many rounds: the sleep after the last one fails, which ends the script. What the file held after each round is kept. */
async function probe(root: HostRoot, rounds: number) {
  root.stub('sleep', `cp "$LLM_ROOT/${file}" "$LLM_ROOT/round-$nth" 2>/dev/null; ((nth < ${rounds}))`);
  const { log } = await root.run('llm-gpu-probe');
  const seen = Array.from({ length: rounds }, (_, round): unknown =>
    root.exists(`round-${round + 1}`) ? JSON.parse(root.read(`round-${round + 1}`)) : null,
  );
  return { log, seen };
}

test('one GPU is written as it answers', async () => {
  const root = makeHostRoot();
  root.stub('nvidia-smi', 'echo "NVIDIA A10G, 41, 20480, 23028, 8.6"');
  const { seen } = await probe(root, 1);
  expect(seen).toEqual([
    {
      sampled_at_ms: 1_000_000,
      utilization_percent: 41,
      memory_used_mib: 20_480,
      memory_total_mib: 23_028,
      compute_capability: '8.6',
      name: 'NVIDIA A10G',
    },
  ]);
  expect(root.read('calls')).toContain(
    'nvidia-smi --query-gpu=name,utilization.gpu,memory.used,memory.total,compute_cap --format=csv,noheader,nounits',
  );
});

test('of several GPUs memory is summed, utilisation averaged, and the lowest capability counts, by number', async () => {
  const root = makeHostRoot();
  root.stub(
    'nvidia-smi',
    'echo "NVIDIA B200, 10, 1000, 2000, 10.0"; echo "Tesla T4, 21, 500, 1000, 7.5"; echo "NVIDIA L4, 0, 1, 2, 8.9"',
  );
  const { seen } = await probe(root, 1);
  expect(seen[0]).toMatchObject({
    utilization_percent: 10,
    memory_used_mib: 1501,
    memory_total_mib: 3002,
    compute_capability: '7.5',
    name: 'Tesla T4',
  });
});

test('a GPU without figures counts for nothing beside one that has them', async () => {
  const root = makeHostRoot();
  root.stub('nvidia-smi', 'echo "NVIDIA A10G, [N/A], [N/A], 23028, 8.6"; echo "NVIDIA A10G, 50, 100, 23028, 8.6"');
  const { seen } = await probe(root, 1);
  expect(seen[0]).toMatchObject({ utilization_percent: 50, memory_total_mib: 23_028 });
});

test.each([
  ['has no figures', 'echo "NVIDIA A10G, [N/A], [Unknown Error], 23028, 8.6"'],
  ['is missing', 'exit 127'],
  ['hangs', 'exec /usr/bin/sleep 30'],
  ['fails after a row', 'echo "NVIDIA A10G, 41, 20480, 23028, 8.6"; exit 15'],
  ['says nothing', ''],
])('while nvidia-smi %s there is no file, and the next answer brings it back', async (_, trouble) => {
  const root = makeHostRoot();
  const good = 'echo "NVIDIA A10G, 41, 20480, 23028, 8.6"';
  root.stub('nvidia-smi', `if ((nth == 2 || nth == 3)); then ${trouble === '' ? ':' : trouble}; else ${good}; fi`);
  const { seen, log } = await probe(root, 4);
  expect(seen.map((round) => round !== null)).toEqual([true, false, false, true]);
  // Told when it changes, not every five seconds.
  expect(log.match(/nothing is known of the GPU/g)).toHaveLength(1);
  expect(log.match(/the GPU answers/g)).toHaveLength(2);
});

test('a name cannot break the JSON', async () => {
  const root = makeHostRoot();
  root.stub('nvidia-smi', String.raw`echo 'NVIDIA "Quoted\ GPU", 1, 2, 3, 8.6'`);
  expect((await probe(root, 1)).seen[0]).toMatchObject({ name: 'NVIDIA Quoted GPU' });
});

test('a reader never sees half a file: it is written beside and renamed', async () => {
  const root = makeHostRoot();
  root.stub('nvidia-smi', 'echo "NVIDIA A10G, $nth, 20480, 23028, 8.6"');
  // The rename is the only thing that touches the name.
  root.stub('mv', `[[ "$1" == "$LLM_ROOT/run/llm/.gpu.json.new" && "$2" == "$LLM_ROOT/${file}" ]] && exec /usr/bin/mv "$@"`);
  const { seen } = await probe(root, 3);
  expect(seen.map((round) => (round as { utilization_percent: number }).utilization_percent)).toEqual([1, 2, 3]);
  expect(root.read('calls').match(/^mv /gm)).toHaveLength(3);
});
