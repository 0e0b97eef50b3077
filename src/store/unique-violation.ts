/** The name of the constraint that a statement would have broken by a second row of the same key; null: it failed for another reason. */
export function uniqueViolation(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null;
  // PostgreSQL's manual, appendix A: unique_violation.
  const { code, constraint } = thrown as Error & { code?: unknown; constraint?: unknown };
  return code === '23505' && typeof constraint === 'string' ? constraint : null;
}
