/**
 * A request's URL without the part that a proxy in front has put before its path, where it has: an API Gateway hands on the name of its stage
 * (`/prod/v1/models`), and its own domains and the load balancer's health checks come without.
 */
export function withoutPathPrefix(url: string, prefix: string): string {
  if (!url.startsWith(prefix)) return url;
  const rest = url.slice(prefix.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}
