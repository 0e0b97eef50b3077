/** Permissions whose names differ from what the query says (Service Authorization Reference, Amazon S3). */
const ofBucket: Record<string, string> = {
  acl: 'BucketAcl',
  policy: 'BucketPolicy',
  tagging: 'BucketTagging',
  cors: 'BucketCORS',
  website: 'BucketWebsite',
  versioning: 'BucketVersioning',
  accelerate: 'AccelerateConfiguration',
  requestPayment: 'BucketRequestPayment',
  logging: 'BucketLogging',
  lifecycle: 'LifecycleConfiguration',
  replication: 'ReplicationConfiguration',
  encryption: 'EncryptionConfiguration',
  'object-lock': 'BucketObjectLockConfiguration',
  publicAccessBlock: 'BucketPublicAccessBlock',
  ownershipControls: 'BucketOwnershipControls',
  notification: 'BucketNotification',
  location: 'BucketLocation',
};

/** Taking these away is no permission of its own. */
const ownDeletions = ['policy', 'website'];

const verbs: Record<string, string> = { GET: 'Get', PUT: 'Put', DELETE: 'Put' };

function bucketAction(method: string, query: URLSearchParams): string {
  const part = Object.keys(ofBucket).find((name) => query.has(name));
  if (part !== undefined) {
    const verb = method === 'DELETE' && ownDeletions.includes(part) ? 'Delete' : verbs[method];
    return `${verb}${ofBucket[part]}`;
  }
  if (query.has('versions')) return 'ListBucketVersions';
  if (query.has('uploads')) return 'ListBucketMultipartUploads';
  return { PUT: 'CreateBucket', DELETE: 'DeleteBucket' }[method] ?? 'ListBucket';
}

function objectActions(method: string, key: string, query: URLSearchParams): string[] {
  const version = query.has('versionId') ? 'Version' : '';
  if (query.has('tagging')) return [`${method === 'GET' ? 'Get' : 'Put'}Object${version}Tagging`];
  if (query.has('acl')) return [`${method === 'GET' ? 'Get' : 'Put'}Object${version}Acl`];
  if (method === 'GET' || method === 'HEAD') return [`GetObject${version}`];
  if (method === 'DELETE') return [query.has('uploadId') ? 'AbortMultipartUpload' : `DeleteObject${version}`];
  // Objects of a root carry its tags; states carry none.
  return /\.tfstate(\.tflock)?$/.test(key) ? ['PutObject'] : ['PutObject', 'PutObjectTagging'];
}

/** What a request to S3 by path needs: actions and the ARN that they name. Deleting many at once is a permission on each of them. */
export function s3Needs(method: string, url: URL): { actions: string[]; resource: string; prefix: string | null } {
  const [, bucket = '', ...rest] = url.pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const query = url.searchParams;
  const prefix = query.get('prefix');
  if (bucket === '') return { actions: ['ListAllMyBuckets'], resource: '*', prefix };
  const arn = `arn:aws:s3:::${bucket}`;
  if (key !== '') return { actions: objectActions(method, key, query), resource: `${arn}/${key}`, prefix };
  if (method === 'POST' && query.has('delete'))
    return { actions: ['DeleteObject', 'DeleteObjectVersion'], resource: `${arn}/any`, prefix };
  return { actions: [bucketAction(method, query)], resource: arn, prefix };
}
