import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { registryHosts, type ProviderMirror } from '../../src/tofu/provider-mirror.ts';

export interface ProviderProcess {
  /** `TF_REATTACH_PROVIDERS`, for both programs. One command at a time may use it. */
  variables: Record<string, string>;
  /** Whether it still runs: a fault of the provider ends it. */
  isAlive: () => boolean;
  stop: () => void;
}

/**
 * Starts the AWS provider once for many commands, which saves each of them the seconds in which it reads its schema. It takes endpoint and
 * credentials from `environment`, not from the commands, and reads files that a root names by a path of its own in `directory`: that root's, if
 * resources have such files. Throws with what it said if it does not come up.
 */
export async function startProvider(
  mirror: ProviderMirror,
  environment: Readonly<Record<string, string | undefined>>,
  directory?: string,
): Promise<ProviderProcess> {
  const name = (await readdir(mirror.directory)).find((file) => file.startsWith('terraform-provider-aws'));
  if (name === undefined) throw new Error(`there is no provider in ${mirror.directory}`);
  // A bundle of certificates makes this provider fail to start: "unable to add custom RootCAs HTTPClient".
  const { AWS_CA_BUNDLE: _bundle, ...rest } = environment;
  const child = spawn(join(mirror.directory, name), ['-debug'], {
    cwd: directory,
    env: { ...rest, TF_LOG: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => void child.kill();
  // It would outlive us.
  process.once('exit', stop);
  let said = '';
  const attachment = await new Promise<string>((done, fail) => {
    const listen = (text: string) => {
      said += text;
      const [, json] = /TF_REATTACH_PROVIDERS='(\{.*\})'/.exec(said) ?? [];
      if (json !== undefined) done(json);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', listen);
    child.on('error', fail).on('exit', () => fail(new Error(`the provider ended at once: ${said.trim().slice(-500)}`)));
  });
  const [address] = Object.values(JSON.parse(attachment) as Record<string, unknown>);
  // It names itself under one registry only; the other program would silently start one of its own.
  const both = Object.fromEntries(registryHosts.map((host) => [`${host}/hashicorp/aws`, address]));
  return {
    variables: { TF_REATTACH_PROVIDERS: JSON.stringify(both) },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stop,
  };
}
