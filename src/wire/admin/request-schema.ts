import { z } from 'zod';
import { refusals, refuseUnknownLimits } from './foreign-fields.ts';

/** The schema of an admin request: its own fields strictly, what cannot be enforced refused, harmless unknown fields let through. */
export function adminRequest<Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) {
  // The refusals come first, so that a request may give one of their names a meaning.
  return z
    .looseObject({ ...refusals, ...shape })
    .superRefine(refuseUnknownLimits(Object.keys(shape)))
    .meta({ id });
}
