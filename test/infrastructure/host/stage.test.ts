import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { callsOf, type HostRoot, makeHostRoot, type ScriptResult } from './host-root.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const files = { 'config.json': '{}', 'model-00001-of-00002.safetensors': 'first', 'tokenizer/merges.txt': 'a b' };
const manifest = Object.entries(files)
  .map(([name, text]) => `${sha256(text)}  ${name}\n`)
  .join('');
const pinned = { LLM_WEIGHTS_SHA256: sha256(manifest) };
const imagePulls = '"pull "*) exit 0 ;; "info "*) echo overlayfs ;; "login "*) cat >/dev/null ;;';

/** A bucket as a folder, whose copy skips files that are there already, as `aws s3 sync` does for those of the same size. */
function rootWithBucket(): HostRoot {
  const root = makeHostRoot();
  for (const [name, text] of Object.entries({ ...files, 'manifest.sha256': manifest })) root.write(`bucket/${name}`, text);
  root.stub('aws', awsWith('cp --recursive --no-clobber "$LLM_ROOT/bucket/." "$7"'));
  return root;
}

const awsWith = (syncOfWeights: string) => `case "$1 $2" in
  "ecr get-login-password") echo password ;;
  "s3 sync") case "$6" in */compile-cache/*) exit 0 ;; *) ${syncOfWeights} ;; esac ;;
esac`;

const stage = (root: HostRoot): Promise<ScriptResult> => root.run('llm-stage', pinned);
const weights = 'var/lib/llm/weights';

test('image and weights are brought, verified, and said to be there in one step', async () => {
  const root = rootWithBucket();
  const result = await stage(root);
  expect(result.status).toBe(0);
  expect(root.read('run/llm-host/staged')).toBe(`${root.path('var/lib/llm')}\n`);
  expect(root.exists('run/llm-host/staged.new')).toBe(false);
  for (const [name, text] of Object.entries(files)) expect(root.read(`${weights}/${name}`)).toBe(text);
  expect(callsOf(result, 'docker pull')[0]).toMatch(/engine@sha256:b{64}$/);
  expect(callsOf(result, 'aws s3 sync').sort()).toEqual([
    `aws s3 sync --only-show-errors --region us-east-1 s3://llm-dev-gpu-artifacts/compile-cache/${'b'.repeat(64)} ${root.path('var/lib/llm/compile-cache')}`,
    'aws s3 sync --only-show-errors --region us-east-1 s3://llm-dev-gpu-artifacts/weights/microsoft--Phi-3-mini-4k-instruct@0a67737cc96d2554230f90338b163bc6380a2a85 .',
  ]);
});

test('the weights go to the disk of the instance, which may be mounted late', async () => {
  const root = rootWithBucket();
  root.stub('lsblk', 'echo "Amazon EC2 NVMe Instance Storage"');
  root.stub('mountpoint', '((nth == 3))');
  const result = await stage(root);
  expect(result.status).toBe(0);
  expect(root.read('run/llm-host/staged')).toBe(`${root.path('opt/dlami/nvme/llm')}\n`);
  expect(callsOf(result, 'sleep')).toEqual(['sleep 5', 'sleep 5']);
});

test('a disk of the instance that is never mounted is not waited for longer than a minute', async () => {
  const root = rootWithBucket();
  root.stub('lsblk', 'echo "Amazon EC2 NVMe Instance Storage"');
  const result = await stage(root);
  expect(result.status).toBe(0);
  expect(callsOf(result, 'sleep')).toHaveLength(12);
  expect(result.log).toContain('the weights go to the root volume');
});

test('a file that arrives corrupt is fetched again, alone', async () => {
  const root = rootWithBucket();
  root.stub(
    'aws',
    awsWith(`cp --recursive --no-clobber "$LLM_ROOT/bucket/." "$7"
      if [[ ! -e "$LLM_ROOT/spoilt" ]]; then touch "$LLM_ROOT/spoilt"; echo wrong >"$7/config.json"; fi`),
  );
  const result = await stage(root);
  expect(result.status).toBe(0);
  expect(result.log).toContain('config.json differs from the manifest and is fetched again');
  expect(result.log).not.toContain('safetensors differs');
  expect(root.read(`${weights}/config.json`)).toBe('{}');
});

test.each([
  ['corrupt in the bucket', (root: HostRoot) => root.write('bucket/config.json', '{ }')],
  [
    'missing in the bucket',
    (root: HostRoot) => root.stub('aws', awsWith('cp -r "$LLM_ROOT/bucket/." "$7"; rm "$7/config.json"')),
  ],
])('a file that is %s is never used', async (_, spoil) => {
  const root = rootWithBucket();
  spoil(root);
  const result = await stage(root);
  expect(result.status).toBe(1);
  expect(result.log).toContain('config.json differs from the manifest');
  expect(result.log).toContain('staging failed: weights; it is tried again');
  expect(root.exists('run/llm-host/staged')).toBe(false);
});

test('another manifest than the pinned one is refused, however well the files fit it', async () => {
  const root = rootWithBucket();
  root.write('bucket/config.json', '{"trust_remote_code": true}');
  root.write('bucket/manifest.sha256', manifest.replace(sha256('{}'), sha256('{"trust_remote_code": true}')));
  const result = await stage(root);
  expect(result.status).toBe(1);
  expect(result.log).toContain(`is not the one of the launch template (${pinned.LLM_WEIGHTS_SHA256})`);
  expect(root.exists('run/llm-host/staged')).toBe(false);
});

test('a file that the manifest does not name is removed, even when it is called like the manifest', async () => {
  const root = rootWithBucket();
  root.write('bucket/modeling.py', 'import os');
  root.write('bucket/tokenizer/manifest.sha256', '');
  const result = await stage(root);
  expect(result.status).toBe(0);
  expect(root.exists(`${weights}/modeling.py`)).toBe(false);
  expect(root.exists(`${weights}/tokenizer/manifest.sha256`)).toBe(false);
  expect(root.exists(`${weights}/tokenizer/merges.txt`)).toBe(true);
});

test('what an earlier start left is not taken for staged, and a file that has changed since is put right', async () => {
  const root = rootWithBucket();
  await stage(root);
  root.write(`${weights}/config.json`, '[]');
  root.stub('aws', awsWith('exit 1'));
  const without = await stage(root);
  expect(without.status).toBe(1);
  expect(root.exists('run/llm-host/staged')).toBe(false);
  root.stub('aws', awsWith('cp --recursive --no-clobber "$LLM_ROOT/bucket/." "$7"'));
  expect((await stage(root)).status).toBe(0);
  expect(root.read(`${weights}/config.json`)).toBe('{}');
});

test('access that is denied is tried three times, and what S3 said is in the log', async () => {
  const root = rootWithBucket();
  root.stub(
    'aws',
    awsWith('echo "fatal error: An error occurred (AccessDenied) when calling the ListObjectsV2 operation" >&2; exit 1'),
  );
  const result = await stage(root);
  expect(result.status).toBe(1);
  expect(callsOf(result, 'aws s3 sync').filter((call) => call.includes('/weights/'))).toHaveLength(3);
  expect(result.log).toContain('(AccessDenied)');
  expect(result.log).toContain('cannot be used');
});

test('a full disk is named, with what to do', async () => {
  const root = rootWithBucket();
  root.stub('aws', awsWith('echo "[Errno 28] No space left on device" >&2; exit 1'));
  root.stub('df', 'echo "Filesystem 1M-blocks Used Available Capacity Mounted on"; echo "/dev/root 99000 98900 100 100% /"');
  const result = await stage(root);
  expect(result.status).toBe(1);
  expect(result.log).toMatch(
    /disk full: 100 MiB are free at \S+; set root_volume_gb higher, or take an instance type with an instance store/,
  );
});

test('a pull that fails twice works the third time; one that always fails leaves nothing staged', async () => {
  const root = rootWithBucket();
  const failing = (times: number) =>
    `case "$1 $2" in "image inspect") exit 1 ;; "pull "*) echo >>"$LLM_ROOT/pulls"; (($(grep -c "" "$LLM_ROOT/pulls") > ${times})) ;; ${imagePulls} esac`;
  root.stub('docker', failing(2));
  expect((await stage(root)).status).toBe(0);
  root.stub('docker', failing(1000));
  const result = await stage(root);
  expect(result.status).toBe(1);
  expect(result.log).toContain('staging failed: image; it is tried again');
  expect(root.exists('run/llm-host/staged')).toBe(false);
});

test('a login that is refused and weights that are denied are both told at once', async () => {
  const root = rootWithBucket();
  root.stub('aws', 'echo "AccessDenied" >&2; exit 254');
  const result = await stage(root);
  expect(result.status).toBe(1);
  expect(result.log).toContain('staging failed: image weights; it is tried again');
});

test('without a compile cache the host is staged all the same', async () => {
  const root = rootWithBucket();
  root.stub(
    'aws',
    'case "$*" in *compile-cache*) exit 1 ;; "ecr "*) echo password ;; *) cp -r "$LLM_ROOT/bucket/." "$7" ;; esac',
  );
  const result = await stage(root);
  expect(result.status).toBe(0);
  expect(result.log).toContain('the engine compiles by itself');
});

test('image and weights are fetched at the same time', async () => {
  const root = rootWithBucket();
  // Each waits for the other to have begun: one after the other would never end.
  root.stub(
    'docker',
    `case "$1 $2" in "image inspect") exit 1 ;; "pull "*) touch "$LLM_ROOT/pulling"; until [[ -e "$LLM_ROOT/syncing" ]]; do /usr/bin/sleep 0.05; done ;; ${imagePulls} esac`,
  );
  root.stub(
    'aws',
    awsWith(
      'touch "$LLM_ROOT/syncing"; until [[ -e "$LLM_ROOT/pulling" ]]; do /usr/bin/sleep 0.05; done; cp -r "$LLM_ROOT/bucket/." "$7"',
    ),
  );
  expect((await stage(root)).status).toBe(0);
});
