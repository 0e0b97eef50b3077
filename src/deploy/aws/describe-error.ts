import { GatewayError } from '../../errors.ts';

/** Why AWS did not do what was asked. */
export type AwsFailureKind = 'credentials' | 'expired' | 'denied' | 'region' | 'throttled' | 'network' | 'missing' | 'other';

/** An AWS error in words for people: what happened, and what to do. */
export interface AwsFailure {
  kind: AwsFailureKind;
  message: string;
  /** The permission that was asked for, such as `ec2:DescribeVpcs`. */
  action?: string;
}

const names: readonly [AwsFailureKind, RegExp][] = [
  ['expired', /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired|ExpiredSSOTokenException)$/],
  [
    'credentials',
    /^(CredentialsProviderError|TokenProviderError|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure|MissingAuthenticationToken|MissingAuthenticationTokenException|IncompleteSignature)$/,
  ],
  [
    'denied',
    /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError|AuthorizationErrorException|Forbidden|UnauthorizedAccess|NotAuthorized)$/,
  ],
  [
    'throttled',
    /^(Throttling|ThrottlingException|ThrottledException|TooManyRequestsException|RequestLimitExceeded|RequestThrottled|SlowDown|ProvisionedThroughputExceededException)$/,
  ],
  ['region', /^(OptInRequired|InvalidRegion|IllegalLocationConstraintException)$/],
];

const networkCodes =
  /^(ERR_PROXY_TUNNEL|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|EPIPE|ENETUNREACH|EHOSTUNREACH|TimeoutError|RequestTimeout|UND_ERR_\w+)$/;

/** Says in words what an error of an AWS client means; undefined: it is none. */
export function describeAwsError(error: unknown, region?: string): AwsFailure | undefined {
  if (!(error instanceof Error) || error instanceof GatewayError) return undefined;
  const kind = kindOf(error);
  if (kind === undefined) return undefined;
  const action = kind === 'denied' ? deniedAction(error) : textOf(error, 'awsAction');
  return { kind, message: wordsOf(kind, { error, action, region }), ...(action === undefined ? {} : { action }) };
}

/** True for AWS's many ways to say that a thing is not there. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    (/NotFound|NoSuch|DoesNotExist|UnknownResource/.test(`${error.name} ${textOf(error, 'Code') ?? ''}`) ||
      httpStatus(error) === 404)
  );
}

function kindOf(error: Error): AwsFailureKind | undefined {
  const name = textOf(error, 'Code') ?? error.name;
  const network = textOf(error, 'code') ?? name;
  if (/not a valid hostname component|Region is missing/.test(error.message)) return 'region';
  // A session of single sign-on that has ended is told as a lack of credentials.
  if (/sso session|token.*expired|has expired/i.test(error.message)) return 'expired';
  // The service that gives credentials could not be asked: that is no lack of them.
  if (isAboutCredentials(error) && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ERR_PROXY/.test(error.message)) return 'network';
  const known = names.find(([, spellings]) => spellings.test(name) || spellings.test(error.name))?.[0];
  if (known !== undefined) return known;
  if (network === 'ENOTFOUND') return 'region';
  if (networkCodes.test(network)) return 'network';
  if (textOf(error, 'awsAction') === undefined && httpStatus(error) === undefined) return undefined;
  if (httpStatus(error) === 403) return 'denied';
  if (httpStatus(error) === 429) return 'throttled';
  return isMissing(error) ? 'missing' : 'other';
}

const isAboutCredentials = ({ name }: Error): boolean => name === 'CredentialsProviderError' || name === 'TokenProviderError';

interface Circumstances {
  error: Error;
  action: string | undefined;
  region: string | undefined;
}

function wordsOf(kind: AwsFailureKind, { error, action, region }: Circumstances): string {
  const at = action === undefined ? '' : ` (${action})`;
  const where = region === undefined ? '' : ` in ${region}`;
  switch (kind) {
    case 'credentials':
      return isAboutCredentials(error)
        ? 'no AWS credentials: set AWS_PROFILE to one of `aws configure list-profiles` (`aws configure sso` or `aws configure` makes one), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
        : `AWS does not know these credentials${where} (${error.name}): look at AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN, and at the clock of this machine`;
    case 'expired':
      return 'the AWS credentials have expired: renew them (`aws sso login`, or a new AWS_SESSION_TOKEN)';
    case 'denied':
      return `AWS refuses: ${action ?? 'this'} is not allowed${where}. Allow it for this user or role, or use another AWS_PROFILE`;
    case 'region':
      return `AWS cannot be reached${where}${hostOf(error)}: is the region written right and enabled in this account, and is there a network?`;
    case 'throttled':
      return `AWS asks to be asked less often${at}: try again in a minute`;
    case 'network':
      if (error.message.includes('ERR_PROXY') || textOf(error, 'code') === 'ERR_PROXY_TUNNEL')
        return `AWS does not answer${where} through the proxy of HTTPS_PROXY: ${oneLine(error.message)}`;
      return `AWS does not answer${where}${hostOf(error)}: is there a network, and is a proxy needed?`;
    case 'missing':
      return `AWS does not have it${at}: ${oneLine(error.message)}`;
    case 'other':
      return error.message.includes('Deserialization error')
        ? `AWS's answer cannot be read${at}, status ${httpStatus(error)}`
        : `AWS refuses${at}: ${error.name}: ${oneLine(error.message)}`;
  }
}

/** `… is not authorized to perform: ec2:DescribeVpcs …` says it best; else what was asked for. */
function deniedAction(error: Error): string | undefined {
  return /perform:? ?\[?([a-z0-9-]+:\w+)/i.exec(error.message)?.[1] ?? textOf(error, 'awsAction');
}

function hostOf(error: Error): string {
  const host = textOf(error, 'hostname') ?? textOf(error, 'address');
  return host === undefined ? '' : ` (${host})`;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 300);

function textOf(error: Error, property: string): string | undefined {
  const value: unknown = Reflect.get(error, property);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function httpStatus(error: Error): number | undefined {
  const metadata: unknown = Reflect.get(error, '$metadata');
  const status: unknown = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
}
