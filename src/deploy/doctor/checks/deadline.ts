import { requireError, seconds } from '../answers.ts';
import { pass, skip, Unmet, type Check } from '../check.ts';
import { TransportError } from '../../../transport/transport-error.ts';
import type { DoctorContext } from '../context.ts';
import type { Answer } from '../endpoint.ts';
import { textPath, textRequest } from '../requests.ts';

const grace = 5_000;
const tokens = 2_000;

/** A whole answer that takes too long is a 504 in time, rather than silence. From outside it can only be tried with a long answer. */
export const deadlineCheck: Check = {
  id: 'deadline',
  needsAccess: true,
  limitMs: ({ settings }) => settings.deadlineMs + 2 * grace,
  run: async (context) => {
    const { isSlowTried, deadlineMs } = context.settings;
    if (!isSlowTried) return skip(`it takes up to ${deadlineMs / 1000} s and ${tokens} tokens: --slow looks at it`);
    const answer = await askForMuch(context);
    if (answer.status === 200) return pass(`the whole answer took ${seconds(answer.totalMs)}, which is within the deadline`);
    requireError(
      answer,
      { status: 504, codes: ['gateway_timeout'] },
      'what stands in front ends the request in its own way, or sooner than the gateway',
    );
    return pass(`504 after ${seconds(answer.totalMs)}`);
  },
};

async function askForMuch({ endpoint, model, settings: { deadlineMs } }: DoctorContext): Promise<Answer> {
  const body = textRequest(model, { prompt: 'Write a very long story.', max_tokens: tokens });
  try {
    return await endpoint.ask({ method: 'POST', path: textPath, body, timeoutMs: deadlineMs + grace });
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new Unmet({
      expected: `200 or 504 within ${(deadlineMs + grace) / 1000} s`,
      came: error.message,
      advice: 'the gateway’s deadline (timeoutMs of the backend) must be shorter than that of everything in front of it',
    });
  }
}
