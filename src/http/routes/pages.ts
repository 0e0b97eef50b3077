import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Nothing from elsewhere, nothing inline: what the pages are built to need. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** The playground at `/`: built files, or a line that says how to build them. */
export function registerPages(app: FastifyInstance, directory: string | null): void {
  if (directory === null) {
    app.get('/', (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send('The pages are not built. Run: npm run build:web\n'),
    );
    return;
  }
  void app.register(fastifyStatic, {
    root: directory,
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      for (const [name, value] of Object.entries(pageHeaders)) reply.header(name, value);
      // Names of assets hold a hash of their content; the page itself must be asked for anew.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
