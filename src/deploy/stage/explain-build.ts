import type { Build } from '@aws-sdk/client-codebuild';

/** What is known to make builds fail, and what to do. */
const causes: readonly [RegExp, string][] = [
  [
    /\b429\b|toomanyrequests|Too Many Requests/i,
    'the registry or hub refuses for now, since others have asked from the addresses of builds: try again, in an hour at the latest, or name a mirror in the variable engine of infrastructure/artifacts',
  ],
  [
    /AccessDenied|not authorized to perform/i,
    'the role of the build lacks a permission: apply infrastructure/artifacts again (sluice deploy does)',
  ],
  [
    /cannot fetch|has no list of/i,
    'look whether the hub has this model and commit (variable model of infrastructure/artifacts); a hub that was down may be up again: try again',
  ],
  [/No space left/i, 'give the project a larger compute_type'],
  [/does not build|npm error|npm ERR/i, 'the sources do not build: run docker build . to see it here'],
  [
    /choose another tag|is not used/i,
    'delete that image from the repository, or name another tag in the variable engine of infrastructure/artifacts',
  ],
];

/** Why a build failed, for people: its phase, what CodeBuild says, the last lines of its log, and what to do. */
export function explainBuild(build: Build, lines: readonly string[]): string {
  const failed = build.phases?.find(
    ({ phaseStatus }) => phaseStatus !== undefined && !['SUCCEEDED', 'IN_PROGRESS'].includes(phaseStatus),
  );
  const said = failed?.contexts
    ?.map(({ message }) => message)
    .filter(Boolean)
    .join('; ');
  const last = lines.slice(-12);
  const all = [...last, said ?? ''].join('\n');
  const known = causes.find(([pattern]) => pattern.test(all))?.[1];
  const advice =
    build.buildStatus === 'STOPPED'
      ? 'somebody stopped it: start again'
      : build.buildStatus === 'TIMED_OUT'
        ? 'it took too long: start again, it goes on where it was'
        : known;
  return [
    `the build ${build.projectName} ended with ${build.buildStatus}${failed === undefined ? '' : ` in ${failed.phaseType}`}${said === undefined || said === '' ? '' : `: ${said}`}`,
    ...last.map((line) => `  | ${line}`),
    `-> ${advice ?? 'look at the whole log'}`,
    `  aws logs tail ${build.logs?.groupName ?? '<group>'} --log-stream-names ${build.logs?.streamName ?? '<stream>'} --since 3h`,
  ].join('\n');
}
