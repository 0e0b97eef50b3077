// Asks the gateway in the same container whether it is alive: status 0 or 1, for the image's HEALTHCHECK and for orchestrators' own. It goes by
// PORT and HOST as the gateway does; with another --port give the same PORT.
import { get } from 'node:http';

const timeoutMs = 4000;
const { HOST = '', PORT = '', SLUICE_MODE = '' } = process.env;
const isAnyAddress = HOST === '' || HOST === '0.0.0.0' || HOST === '::';
const host = isAnyAddress ? '127.0.0.1' : HOST;

const timer = setTimeout(() => process.exit(1), timeoutMs);
const request = get({ host, port: PORT === '' ? 4000 : PORT, path: '/health/liveliness' }, (response) => {
  clearTimeout(timer);
  // The standby responder refuses everything by design: that it answers at all is what can be asked of it.
  process.exit(response.statusCode === 200 || (SLUICE_MODE === 'standby' && response.statusCode === 503) ? 0 : 1);
});
request.on('error', () => process.exit(1));
