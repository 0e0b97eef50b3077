import { GatewayError } from '../errors.ts';
import type { Dialog } from '../deploy/deployment/context.ts';

/** The terminal as a dialog: lines on standard output, questions where a person can answer. */
export function terminalDialog(say: (line: string) => void): Dialog {
  return {
    say,
    confirm: async (question) => {
      const { confirm, isCancel } = await prompts('--yes answers every question with yes');
      const answer = await confirm({ message: question, initialValue: false });
      return !isCancel(answer) && answer;
    },
    ask: async (question) => {
      const { text, isCancel } = await prompts('--yes goes on without');
      const answer = await text({ message: question });
      return isCancel(answer) ? '' : answer;
    },
  };
}

async function prompts(wayOut: string): Promise<typeof import('@clack/prompts')> {
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
