type Read = (name: string) => string | undefined;

/** `DATABASE_URL`, else put together from `DATABASE_HOST`, `_PORT`, `_NAME`, `_USER` or `_USERNAME`, and `_PASSWORD`; undefined: not said. */
export function databaseUrlOf(read: Read): string | undefined {
  const whole = read('DATABASE_URL');
  const host = read('DATABASE_HOST');
  if (whole !== undefined || host === undefined) return whole;
  const user = read('DATABASE_USERNAME') ?? read('DATABASE_USER');
  const url = { scheme: 'postgresql', user, password: read('DATABASE_PASSWORD'), host, port: portOf(read('DATABASE_PORT')) };
  return `${joinUrl(url)}/${encodeURIComponent(read('DATABASE_NAME') ?? '')}`;
}

/** `REDIS_URL`, else put together from `REDIS_HOST`, `_PORT`, `_USERNAME`, `_PASSWORD` and `_SSL`; undefined: not said. */
export function redisUrlOf(read: Read): string | undefined {
  const whole = read('REDIS_URL');
  const host = read('REDIS_HOST');
  if (whole !== undefined || host === undefined) return whole;
  return redisUrl({
    host,
    port: portOf(read('REDIS_PORT')),
    user: read('REDIS_USERNAME'),
    password: read('REDIS_PASSWORD'),
    isEncrypted: read('REDIS_SSL')?.toLowerCase() === 'true',
  });
}

interface RedisParts {
  host: string;
  port: string | undefined;
  user: string | undefined;
  password: string | undefined;
  isEncrypted: boolean;
}

/** The parts of a Redis server's address as one URL. */
export function redisUrl({ isEncrypted, ...parts }: RedisParts): string {
  return joinUrl({ scheme: isEncrypted ? 'rediss' : 'redis', ...parts });
}

/** Kubernetes sets `REDIS_PORT=tcp://10.0.0.1:6379` where a service is named redis. */
function portOf(text: string | undefined): string | undefined {
  return /^(?:tcp:\/\/.*:)?(\d+)$/.exec(text ?? '')?.[1];
}

interface UrlParts {
  scheme: string;
  user: string | undefined;
  password: string | undefined;
  host: string;
  port: string | undefined;
}

function joinUrl({ scheme, user, password, host, port }: UrlParts): string {
  const secret = password === undefined ? '' : `:${encodePart(password)}`;
  const login = user === undefined && password === undefined ? '' : `${encodePart(user ?? '')}${secret}@`;
  const place = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${scheme}://${login}${place}${port === undefined ? '' : `:${port}`}`;
}

/** References that are resolved later stay as they are. */
function encodePart(text: string): string {
  return /^\$\{\w+\}$/.test(text) ? text : encodeURIComponent(text);
}
