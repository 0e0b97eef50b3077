import { expect, test } from 'vitest';
import { callsOf, type HostRoot, makeHostRoot } from './host-root.ts';

const notice = '{"action": "terminate", "time": "2026-11-21T18:00:00Z"}';
const leave =
  'aws autoscaling terminate-instance-in-auto-scaling-group --cli-connect-timeout 5 --cli-read-timeout 10 --region us-east-1 --instance-id i-0123 --no-should-decrement-desired-capacity';

/** The metadata service of a spot host, which says after so many seconds that AWS takes the host back. */
function spotHost(seconds: number): HostRoot {
  const root = makeHostRoot();
  root.stub(
    'curl',
    `case "$*" in
      */api/token) echo token ;;
      *"X-aws-ec2-metadata-token: token"*/meta-data/instance-id) echo i-0123 ;;
      *"X-aws-ec2-metadata-token: token"*/meta-data/instance-life-cycle) echo spot ;;
      *"X-aws-ec2-metadata-token: token"*/meta-data/spot/instance-action)
        if (($(<"$LLM_ROOT/clock") >= 1000 + ${seconds})); then echo '${notice}'; else echo 'curl: (22) The requested URL returned error: 404' >&2; exit 22; fi ;;
      *) exit 7 ;;
    esac`,
  );
  return root;
}

test('a spot host that AWS takes back has its group end it, and another started', async () => {
  const result = await spotHost(60).run('llm-spot');
  expect(result.status).toBe(0);
  expect(callsOf(result, 'aws')).toEqual([leave]);
  expect(result.log).toBe(`AWS takes this host back: ${notice}\nthe group has been told\n`);
  // Looked for every five seconds, as AWS advises.
  expect(callsOf(result, 'sleep')).toEqual(Array.from({ length: 12 }, () => 'sleep 5'));
});

test('a group that cannot be told is told again, quickly', async () => {
  const root = spotHost(0);
  root.stub('aws', '((nth == 3))');
  const result = await root.run('llm-spot');
  expect(result.status).toBe(0);
  expect(callsOf(result, leave)).toHaveLength(3);
  expect(callsOf(result, 'sleep')).toEqual(['sleep 1', 'sleep 2']);
});

test('access that is denied fails the unit, which systemd then starts again', async () => {
  const root = spotHost(0);
  root.stub('aws', 'echo "An error occurred (AccessDenied)" >&2; exit 254');
  const result = await root.run('llm-spot');
  expect(result.status).toBe(1);
  expect(result.log).toContain('AccessDenied');
});

test('a host that is not spot waits for nothing', async () => {
  const root = makeHostRoot();
  root.stub('curl', 'case "$*" in */api/token) echo token ;; */instance-life-cycle) echo on-demand ;; *) exit 7 ;; esac');
  const result = await root.run('llm-spot');
  expect(result.status).toBe(0);
  expect(result.log).toContain('this host is on-demand');
  expect(callsOf(result, 'aws')).toEqual([]);
});

test('without an answer of the metadata service the unit fails and is started again', async () => {
  const root = makeHostRoot();
  root.stub('curl', 'exit 28');
  expect((await root.run('llm-spot')).status).not.toBe(0);
});
