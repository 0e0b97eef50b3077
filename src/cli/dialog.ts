import { GatewayError } from '../errors.ts';
import type { Dialog } from '../deploy/deployment/context.ts';

/** The package that asks. */
export type Prompts = typeof import('@clack/prompts');

/**
 * The terminal as a dialog: lines where they are wanted, questions where a person can answer. A question that is interrupted counts as answered with no.
 * @throws GatewayError where something is asked and nobody can answer
 */
export function terminalDialog(say: (line: string) => void, signal?: AbortSignal): Dialog {
  const stop = signal === undefined ? {} : { signal };
  return {
    say,
    confirm: async (message) => {
      const { confirm, isCancel } = await loadPrompts('--yes answers every question with yes');
      const answer = await confirm({ message, initialValue: false, ...stop });
      return !isCancel(answer) && answer;
    },
    ask: async (message) => {
      const { text, isCancel } = await loadPrompts('--yes goes on without');
      const answer = await text({ message, ...stop });
      return isCancel(answer) ? '' : (answer ?? '');
    },
  };
}

/** Loaded only when something is asked. @param wayOut what to do without. @throws GatewayError: no terminal, or the package is not installed */
export async function loadPrompts(wayOut: string): Promise<Prompts> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new GatewayError('bad_request', `this asks before it changes anything, and there is no terminal to ask at: ${wayOut}`);
  }
  try {
    return await import('@clack/prompts');
  } catch (cause) {
    throw new GatewayError(
      'not_found',
      `the package @clack/prompts is not installed: install without --omit=optional, or: ${wayOut}`,
      { cause },
    );
  }
}
