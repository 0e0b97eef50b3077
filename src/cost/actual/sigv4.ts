import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | undefined;
}

export interface SignableRequest {
  method: 'GET' | 'POST';
  url: URL;
  /** Without `host`, which is added. Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

interface Scope {
  region: string;
  service: string;
  credentials: Credentials;
  nowMs: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

function canonicalQuery(url: URL): string {
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = [...url.searchParams].map(([key, value]) => [encode(key), encode(value)] as const);
  return pairs
    .sort(([leftKey, left], [rightKey, right]) => (leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join('&');
}

/** Headers of a request signed with AWS Signature Version 4 ("Create a signed AWS API request", AWS IAM User Guide). */
export function signRequest(request: SignableRequest, scope: Scope): Record<string, string> {
  const timestamp = new Date(scope.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = timestamp.slice(0, 8);
  const { accessKeyId, secretAccessKey, sessionToken } = scope.credentials;
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.url.host,
    'x-amz-date': timestamp,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    request.method,
    request.url.pathname,
    canonicalQuery(request.url),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n');
  const credentialScope = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const key = ['aws4_request', scope.service, scope.region, day].reduceRight<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  );
  const signature = hmac(key, ['AWS4-HMAC-SHA256', timestamp, credentialScope, sha256(canonical)].join('\n')).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${credentialScope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}
