import type { AwsRequest } from '../../rehearsal/mock-aws.ts';
import { mockAccountId } from '../../rehearsal/mock-aws.ts';
import type { Powers, Statement } from './evaluate.ts';

/** A role as the requests made it. */
export interface Role {
  name: string;
  arn: string;
  /** ARN of its boundary, if it has one. */
  boundary: string | undefined;
  trust: string;
  /** Documents by name or ARN of the policy. */
  policies: Map<string, string>;
}

/** Who may do what, as it was asked for: the mock need not be asked, and what was taken away later is still here. */
export class Account {
  readonly roles = new Map<string, Role>();
  /** Documents by ARN. */
  readonly policies = new Map<string, string>();
  /** Roles by the ARN or name of the instance profile that hands them over. */
  readonly profiles = new Map<string, string>();
  readonly compositeAlarms = new Set<string>();
  /** Key of the states and of the lock table. */
  stateKey = '';
  /** Whether a group takes spot hosts, which alone may say that they go. */
  hasSpot = false;
  /** ARN of the secret that holds hashes of keys, whose end nobody knows before. */
  keysSecret = '';

  constructor(requests: readonly AwsRequest[]) {
    for (const { operation, body, service } of requests) {
      if (service === 'iam') this.#learn(operation, new URLSearchParams(body));
      if (operation === 'dynamodb:CreateTable') this.stateKey = /"KMSMasterKeyId":"([^"]+)"/.exec(body)?.[1] ?? '';
      if (operation === 'secretsmanager:PutSecretValue') this.keysSecret = /"SecretId":"(arn:[^"]+)"/.exec(body)?.[1] ?? '';
      if (operation === 'autoscaling:CreateAutoScalingGroup')
        this.hasSpot ||= /OnDemandPercentageAboveBaseCapacity=(?!100\b)\d/.test(body);
      if (operation === 'cloudwatch:PutCompositeAlarm')
        this.compositeAlarms.add(new URLSearchParams(body).get('AlarmName') ?? '');
    }
  }

  #learn(operation: string, parameters: URLSearchParams): void {
    const valueOf = (name: string) => parameters.get(name) ?? '';
    const role = this.roles.get(valueOf('RoleName'));
    switch (operation) {
      case 'iam:CreateRole':
        this.#addRole(parameters);
        break;
      case 'iam:CreatePolicy':
        this.policies.set(arnOf('policy', valueOf('Path'), valueOf('PolicyName')), valueOf('PolicyDocument'));
        break;
      case 'iam:PutRolePolicy':
        role?.policies.set(valueOf('PolicyName'), valueOf('PolicyDocument'));
        break;
      case 'iam:AttachRolePolicy':
        role?.policies.set(valueOf('PolicyArn'), this.policies.get(valueOf('PolicyArn')) ?? '');
        break;
      case 'iam:AddRoleToInstanceProfile':
        this.profiles.set(valueOf('InstanceProfileName'), valueOf('RoleName'));
        break;
      default:
    }
  }

  #addRole(parameters: URLSearchParams): void {
    const name = parameters.get('RoleName') ?? '';
    this.roles.set(name, {
      name,
      arn: arnOf('role', parameters.get('Path') ?? '/', name),
      boundary: parameters.get('PermissionsBoundary') ?? undefined,
      trust: parameters.get('AssumeRolePolicyDocument') ?? '',
      policies: new Map(),
    });
  }

  /** What a role may do. Policies of AWS's own are given by ARN. Throws for a role or a policy that nobody made. */
  powersOf(name: string, known: ReadonlyMap<string, string> = new Map()): Powers {
    const role = this.roles.get(name);
    if (role === undefined) throw new Error(`no role ${name} was made`);
    const documents = [...role.policies].map(([arn, text]) => text || known.get(arn) || fail(`nobody made the policy ${arn}`));
    const boundary = role.boundary === undefined ? undefined : this.policies.get(role.boundary);
    if (role.boundary !== undefined && boundary === undefined) fail(`nobody made the boundary ${role.boundary}`);
    return {
      policies: documents.flatMap(statementsIn),
      boundary: boundary === undefined ? undefined : statementsIn(boundary),
    };
  }
}

const fail = (message: string): never => {
  throw new Error(message);
};

const arnOf = (kind: string, path: string, name: string): string =>
  `arn:aws:iam::${mockAccountId}:${kind}${path === '' ? '/' : path}${name}`;

/** The statements of a document. */
export function statementsIn(document: string): Statement[] {
  const { Statement: statements } = JSON.parse(document) as { Statement: Statement | Statement[] };
  return Array.isArray(statements) ? statements : [statements];
}
