import { createServer, request as sendRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Contract, type WireAnswer } from './contract.ts';

/**
 * Stands between a client and the gateway, passes everything on as it is, and holds every answer against the contract. So clients in any
 * language stay unchanged but for their base URL.
 */
export class Witness {
  url = '';
  readonly answers: WireAnswer[] = [];
  #problems: string[] = [];
  #open = 0;
  readonly #gatewayUrl: string;
  readonly #contract: Contract;
  readonly #server: Server;

  private constructor(gatewayUrl: string, contract: Contract) {
    this.#gatewayUrl = gatewayUrl;
    this.#contract = contract;
    this.#server = createServer((request, response) => void this.#relay(request, response));
  }

  /** Starts in front of the gateway at `gatewayUrl`. */
  static async start(gatewayUrl: string): Promise<Witness> {
    const document = (await (await fetch(`${gatewayUrl}/openapi.json`)).json()) as Record<string, unknown>;
    const witness = new Witness(gatewayUrl, new Contract(document));
    await new Promise<void>((resolve) => witness.#server.listen(0, '127.0.0.1', resolve));
    witness.url = `http://127.0.0.1:${(witness.#server.address() as AddressInfo).port}`;
    return witness;
  }

  /** What was wrong on the wire since the last call, once all answers have ended. */
  async takeProblems(): Promise<string[]> {
    const deadline = Date.now() + 5_000;
    while (this.#open > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
    const problems = this.#open > 0 ? [...this.#problems, 'an answer does not end'] : this.#problems;
    this.#problems = [];
    return problems;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #relay(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.#open++;
    outgoing.once('close', () => this.#open--);
    const requestBody = await buffer(incoming);
    const method = incoming.method ?? 'GET';
    const path = incoming.url ?? '/';
    const onward = sendRequest(this.#gatewayUrl + path, { method, headers: incoming.headers }, (answer) => {
      const chunks: Buffer[] = [];
      const { statusCode: status = 0, headers } = answer;
      const judge = (isWhole: boolean): void => {
        const body = Buffer.concat(chunks).toString('utf8');
        const seen = { method, path, requestBody: readJson(requestBody), status, headers, body };
        this.answers.push(seen);
        this.#problems.push(...this.#contract.violations(seen, isWhole));
      };
      outgoing.writeHead(status, headers);
      outgoing.flushHeaders();
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        outgoing.write(chunk);
      });
      answer.once('end', () => {
        judge(true);
        outgoing.end();
      });
      // Either side may break off: the other sees it too.
      answer.once('close', () => {
        if (answer.complete) return;
        judge(false);
        outgoing.destroy();
      });
    });
    onward.once('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    onward.end(requestBody);
  }
}

function readJson(body: Buffer): Record<string, unknown> | null {
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  } catch {
    return null;
  }
}
