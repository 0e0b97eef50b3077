import type { ChatBody } from './wire.ts';

interface CurlOptions {
  /** Absolute, without a trailing slash. */
  baseUrl: string;
  body: ChatBody;
  /** Whether the gateway wants a key. The snippet reads it from the environment: a copied key ends up in chats and shell histories. */
  needsKey: boolean;
}

/** Quotes a text for a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The request as a command for a POSIX shell. */
export function toCurl({ baseUrl, body, needsKey }: CurlOptions): string {
  return [
    `curl -N ${quote(`${baseUrl}/v1/chat/completions`)}`,
    `-H 'Content-Type: application/json'`,
    ...(needsKey ? ['-H "Authorization: Bearer $SLUICE_API_KEY"'] : []),
    // JSON has no line breaks inside texts, so indenting its lines changes nothing.
    `-d ${quote(JSON.stringify(body, null, 2).replaceAll('\n', '\n  '))}`,
  ].join(' \\\n  ');
}
