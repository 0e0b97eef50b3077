/** What stands in a text where a value of this kind was: `[EMAIL_REDACTED]` for `email`. */
export function maskOf(kind: string): string {
  return `[${kind.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_REDACTED]`;
}
