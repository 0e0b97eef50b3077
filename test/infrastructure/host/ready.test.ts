import { expect, test } from 'vitest';
import { callsOf, type HostRoot, makeHostRoot } from './host-root.ts';

const action =
  '--cli-connect-timeout 5 --cli-read-timeout 20 --region us-east-1 --auto-scaling-group-name llm-dev-gpu-fleet --lifecycle-hook-name llm-dev-gpu-ready --instance-id i-0123';
const complete = (result: 'CONTINUE' | 'ABANDON') =>
  `aws autoscaling complete-lifecycle-action ${action} --lifecycle-action-result ${result}`;
const noAction =
  'echo "An error occurred (ValidationError) when calling the CompleteLifecycleAction operation: No active Lifecycle Action found with instance ID i-0123" >&2; exit 254';

/** A gateway that answers 503 until so many seconds have gone by, and an engine that makes no token until later ones have. */
function hostReadyAfter(seconds: number, untilToken = seconds): HostRoot {
  const root = makeHostRoot();
  root.stub(
    'curl',
    `after() { if (($(<"$LLM_ROOT/clock") >= 1000 + $1)); then printf 200; else printf %s "$2"; fi; }
    case "$*" in
      */api/token) echo token ;;
      */meta-data/instance-id) echo i-0123 ;;
      *http://127.0.0.1:8000/health) echo '{"status":"loading"}' >"$3"; after ${seconds} 503 ;;
      *'"model": "phi-3-mini", '*'"max_tokens": 1}'*http://127.0.0.1:8001/v1/completions)
        echo '{"error":"CUDA error"}' >"$3"; after ${untilToken} 500 ;;
      *) exit 7 ;;
    esac`,
  );
  return root;
}

test('the host is let in once the gateway says that the engine is ready', async () => {
  const result = await hostReadyAfter(200).run('llm-ready');
  expect(result.status).toBe(0);
  expect(result.log).toContain('ready after 200 s');
  expect(callsOf(result, 'aws autoscaling complete')).toEqual([complete('CONTINUE')]);
});

test('from then on, and not before, its GPU counts in the metrics', async () => {
  const root = hostReadyAfter(20);
  expect(root.exists('run/llm-host/serving')).toBe(false);
  const result = await root.run('llm-ready');
  expect(root.exists('run/llm-host/serving')).toBe(true);
  expect(result.calls.slice(-2)).toEqual([complete('CONTINUE'), 'systemctl restart --no-block llm-agent']);
});

test('an engine that is loaded but makes no token is not let in', async () => {
  const result = await hostReadyAfter(200, 320).run('llm-ready');
  expect(result.log).toContain('ready after 320 s');
  expect(callsOf(result, 'aws autoscaling complete')).toEqual([complete('CONTINUE')]);
});

test('while it waits the launch is kept open, once a minute and from the start', async () => {
  const result = await hostReadyAfter(200).run('llm-ready');
  expect(callsOf(result, 'aws autoscaling record')).toEqual(
    Array.from({ length: 4 }, () => `aws autoscaling record-lifecycle-action-heartbeat ${action}`),
  );
});

test('after 15 minutes the host is given up, and the log says why before the host is gone', async () => {
  const root = hostReadyAfter(200, 100_000);
  root.stub('systemctl', 'case "$2" in llm-stage) echo failed; exit 3 ;; *) echo active ;; esac');
  const result = await root.run('llm-ready');
  expect(result.status).toBe(0);
  expect(root.exists('run/llm-host/serving')).toBe(false);
  expect(result.log).toContain('not ready after 900 s: http://127.0.0.1:8001/v1/completions answered 500 {"error":"CUDA error"}');
  expect(result.log).toContain('llm-stage: failed');
  expect(result.log).toContain('llm-engine: active');
  expect(result.calls.slice(-2)).toEqual(['sleep 15', complete('ABANDON')]);
  expect(callsOf(result, complete('CONTINUE'))).toEqual([]);
});

test('a gateway that never listens is given up likewise', async () => {
  const root = makeHostRoot();
  root.stub('curl', 'case "$*" in */api/token) echo token ;; */instance-id) echo i-0123 ;; *) printf 000; exit 7 ;; esac');
  const result = await root.run('llm-ready');
  expect(result.log).toContain('http://127.0.0.1:8000/health answered 000');
  expect(result.calls.at(-1)).toBe(complete('ABANDON'));
});

test.each([
  ['ready', 10],
  ['not ready', 100_000],
])('after a reboot of a host that is %s there is no launch to complete, and nothing fails', async (_, seconds) => {
  const root = hostReadyAfter(seconds);
  root.stub('aws', noAction);
  const result = await root.run('llm-ready');
  expect(result.status).toBe(0);
  expect(result.log).toContain('this host is not being launched; there is nothing to tell the group');
});

test('a group that cannot be told is told again; a heartbeat that fails is not fatal', async () => {
  const root = hostReadyAfter(0);
  root.stub(
    'aws',
    'case "$2" in record*) exit 255 ;; *) echo "Could not connect to the endpoint URL" >&2; [[ $(grep -c "aws autoscaling complete" "$LLM_ROOT/calls") == 3 ]] ;; esac',
  );
  const result = await root.run('llm-ready');
  expect(result.status).toBe(0);
  expect(callsOf(result, complete('CONTINUE'))).toHaveLength(3);
});

test('access that is denied for good fails the unit, which systemd then starts again', async () => {
  const root = hostReadyAfter(0);
  root.stub('aws', 'echo "An error occurred (AccessDenied) when calling the CompleteLifecycleAction operation" >&2; exit 254');
  const result = await root.run('llm-ready');
  expect(result.status).toBe(1);
  expect(result.log).toContain('the group could not be told CONTINUE: An error occurred (AccessDenied)');
});

test('without an answer of the metadata service the unit fails and is started again', async () => {
  const root = makeHostRoot();
  root.stub('curl', 'exit 28');
  expect((await root.run('llm-ready')).status).not.toBe(0);
});
