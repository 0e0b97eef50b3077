import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { Units } from './units.ts';

const metadataAddress = '169.254.169.254';
const token = 'a-token';

/** The socket by which the host's port 8000 is reached from outside its network. */
export const frontOf = (root: string): string => join(root, 'front.sock');

/** The host itself, in a network of its own: the metadata service, the units, and a way in. Runs until it is killed. */
export async function runHost(root: string, target: string): Promise<void> {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  execFileSync('ip', ['address', 'add', `${metadataAddress}/32`, 'dev', 'lo']);
  await Promise.all([serveMetadata(), serveFront(root)]);
  const path = [join(root, 'stand-ins'), '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');
  await new Units(root, path).start(target);
}

/** As the instance's: a token first, then what is asked for with it. */
async function serveMetadata(): Promise<void> {
  const server = createServer((request, response) => {
    const isToken = request.method === 'PUT' && request.url === '/latest/api/token';
    const isKnown = request.headers['x-aws-ec2-metadata-token'] === token;
    if (isToken) response.end(token);
    else if (isKnown && request.url === '/latest/meta-data/instance-id') response.end('i-0123456789abcdef0');
    else if (isKnown && request.url === '/latest/meta-data/instance-life-cycle') response.end('on-demand');
    else response.writeHead(isKnown ? 404 : 401).end();
  });
  server.listen(80, metadataAddress);
  await once(server, 'listening');
}

async function serveFront(root: string): Promise<void> {
  const server = createSocketServer((socket) => {
    const inner = connect(8000, '127.0.0.1');
    for (const each of [socket, inner]) each.on('error', () => undefined).on('close', () => (socket.destroy(), inner.destroy()));
    socket.pipe(inner).pipe(socket);
  });
  server.listen(frontOf(root));
  await once(server, 'listening');
}
