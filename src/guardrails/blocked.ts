import { GatewayError } from '../errors.ts';
import type { Direction } from './findings.ts';

/** What a refusal tells: never a value, only kinds. */
export interface Block {
  guardrail: string;
  direction: Direction;
  kinds: readonly string[];
  /** Path of the field, where it is known. */
  field: string | null;
}

/** The refusal of a request, or the end of an answer: 400 `content_blocked`. */
export function contentBlocked({ guardrail, direction, kinds, field }: Block): GatewayError {
  const what = kinds.length === 0 ? 'content that is not allowed' : kinds.join(', ');
  const message =
    direction === 'input'
      ? `guardrail "${guardrail}" found ${what} in the request and does not let it pass; take it out`
      : `guardrail "${guardrail}" found ${what} in the answer and does not let it pass`;
  return new GatewayError('content_blocked', message, {
    ...(field === null || direction === 'output' ? {} : { param: field }),
    details: kinds.map((kind) => ({ field: field ?? (direction === 'input' ? 'body' : 'choices'), message: kind })),
  });
}
