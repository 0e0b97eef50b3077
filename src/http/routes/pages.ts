import { readdirSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Nothing from elsewhere, nothing inline: what the pages are built to need. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const isPublic = { config: { access: 'public' } } as const;

const notBuilt = 'The pages are not built. Run: npm run build:web\n';

/**
 * The playground at `/` and the dashboard at `/ui/`: one route for each file that was built, or a line that says how to build them.
 * Anybody may load the pages; what they show, they ask for with the key that a person gives them.
 */
export function registerPages(app: FastifyInstance, directory: string | null): void {
  if (directory === null) {
    for (const path of ['/', '/ui', '/ui/'])
      app.get(path, isPublic, (_request, reply) => reply.type('text/plain; charset=utf-8').send(notBuilt));
    return;
  }
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(directory.length).replaceAll('\\', '/').replace(/^\/*/, '/'));
  for (const file of files) {
    const serve = (request: FastifyRequest, reply: FastifyReply) => sendFile(directory, file, { request, reply });
    app.get(file, isPublic, serve);
    if (file.endsWith('/index.html')) app.get(file.slice(0, -'index.html'.length), isPublic, serve);
  }
  // The page's own addresses are relative to its folder, also behind a proxy that puts the gateway under a path.
  app.get('/ui', isPublic, (_request, reply) => reply.code(302).header('location', 'ui/').send());
}

async function sendFile(root: string, file: string, { request, reply }: { request: FastifyRequest; reply: FastifyReply }) {
  // Loaded at the first page view: the API does without.
  const { send } = await import('@fastify/send');
  const { statusCode, headers, stream } = await send(request.raw, file, { root, cacheControl: false });
  // Names of assets hold a hash of their content; the page itself must be asked for anew.
  const caching = file.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  return reply
    .code(statusCode)
    .headers({ ...(headers as Record<string, string>), ...pageHeaders, 'cache-control': caching })
    .send(stream);
}
