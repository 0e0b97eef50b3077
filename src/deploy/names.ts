import type { Environment, Topology } from './target.ts';

/** What the names of one deployment are made from. */
export interface NameParts {
  /** The root variable `name`, such as `llm`. */
  name: string;
  topology: Topology;
  environment: Environment;
}

/** What is wrong with the root variable `name`, as the roots would refuse it; undefined: nothing. */
export const nameFault = (name: string): string | undefined =>
  /^[a-z][a-z0-9-]{1,14}$/.test(name) && !name.endsWith('-') && !name.includes('--')
    ? undefined
    : 'it takes 2 to 15 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen';

/** The command that makes what an account needs, for a service of this name and region. */
export const bootstrapLine = ({ name, region }: { name: string; region: string }): string =>
  `sluice bootstrap${name === 'llm' ? '' : ` --name ${name}`} --region ${region}`;

/** `llm-dev-gpu`: what the name of every resource of a topology begins with. */
export const prefixOf = ({ name, environment, topology }: NameParts): string => `${name}-${environment}-${topology}`;

/** Where every state of one service lies in an account and region. */
export const stateNamesOf = (name: string, account: string, region: string) =>
  ({ stateBucket: `${name}-state-${account}-${region}`, lockTable: `${name}-state-lock` }) as const;

/** Names that infrastructure/README.md fixes, so that commands find what belongs to a deployment without its state. */
export function namesOf(parts: NameParts, account: string, region: string) {
  const prefix = prefixOf(parts);
  return {
    prefix,
    ...stateNamesOf(parts.name, account, region),
    artifactsBucket: `${prefix}-artifacts-${account}-${region}`,
    repositories: { gateway: `${prefix}/gateway`, engine: `${prefix}/engine` },
    projects: { stage: `${prefix}-stage`, image: `${prefix}-image` },
    fleet: `${prefix}-fleet`,
    targetGroup: `${prefix}-tg`,
    standby: `${prefix}-standby`,
    logGroups: logGroupsOf(parts),
  } as const;
}

/** Log groups by what they hold. */
export function logGroupsOf(parts: NameParts) {
  const folder = `/llm/${prefixOf(parts)}`;
  return {
    gateway: `${folder}/gateway`,
    engine: `${folder}/engine`,
    host: `${folder}/host`,
    api: `${folder}/api-access`,
  } as const;
}

/** What `namesOf` gives. */
export type Names = ReturnType<typeof namesOf>;
