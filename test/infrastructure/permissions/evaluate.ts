import { covers, coversArn } from './globs.ts';

/** A statement of a policy, as IAM takes it. */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** What a request carries for conditions, by key in lower case; a key that is absent is not in the request. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

/** One permission that somebody must have. */
export interface Need {
  /** `ec2:CreateVpc` */
  action: string;
  /** ARN, or `*` where the action knows no resource. */
  resource: string;
  context: Context;
  /** What it is needed for, where another action demands it. */
  for?: string;
}

/** What somebody may do: by policies, and not more than the boundary if there is one. */
export interface Powers {
  policies: readonly Statement[];
  boundary?: readonly Statement[] | undefined;
}

/** One value or several as several. */
export const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

type Operator = (value: string, wanted: string) => boolean;

const operators: Record<string, Operator> = {
  StringEquals: (value, wanted) => value === wanted,
  StringLike: (value, wanted) => covers(wanted, value),
  ArnEquals: (value, wanted) => coversArn(wanted, value),
  ArnLike: (value, wanted) => coversArn(wanted, value),
  Bool: (value, wanted) => value === wanted,
};

/** One line of a condition. Only the operators that the policies use are known. */
function holds(name: string, values: readonly string[] | undefined, wanted: readonly string[]): boolean {
  const isForAll = name.startsWith('ForAllValues:');
  const plain = name.replace(/^ForAllValues:/, '');
  const isNegated = plain.includes('Not');
  const operator = operators[plain.replace('Not', '')];
  if (operator === undefined) throw new Error(`the condition operator ${name} is not known here`);
  const isMet = (value: string) => wanted.some((one) => operator(value, one)) !== isNegated;
  if (values === undefined) return isForAll || isNegated;
  return isForAll ? values.every(isMet) : values.some(isMet);
}

const conditionHolds = ({ Condition: condition = {} }: Statement, context: Context): boolean =>
  Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const value = context[key.toLowerCase()];
      return holds(operator, value === undefined ? undefined : listOf(value), listOf(wanted));
    }),
  );

/** Whether a statement speaks of what is asked, allowing or denying it. */
export function speaksOf(statement: Statement, { action, resource, context }: Need): boolean {
  const isAction = (patterns: readonly string[]) => patterns.some((one) => covers(one.toLowerCase(), action.toLowerCase()));
  const isResource = (patterns: readonly string[]) => patterns.some((one) => coversArn(one, resource));
  const { Action, NotAction, Resource, NotResource } = statement;
  return (
    (NotAction === undefined ? isAction(listOf(Action)) : !isAction(listOf(NotAction))) &&
    (NotResource === undefined ? isResource(listOf(Resource)) : !isResource(listOf(NotResource))) &&
    conditionHolds(statement, context)
  );
}

/** `allowed`, or what refuses: as IAM decides it within one account, without limits of an organisation. */
export function decide(need: Need, { policies, boundary }: Powers): 'allowed' | string {
  const speaking = (statements: readonly Statement[]) => statements.filter((statement) => speaksOf(statement, need));
  const denial = speaking([...policies, ...(boundary ?? [])]).find(({ Effect }) => Effect === 'Deny');
  if (denial !== undefined) return `denied by ${denial.Sid ?? 'a statement'}`;
  const allows = (statements: readonly Statement[]) => speaking(statements).some(({ Effect }) => Effect === 'Allow');
  if (!allows(policies)) return 'allowed by no policy';
  if (boundary !== undefined && !allows(boundary)) return 'not within the boundary';
  return 'allowed';
}
