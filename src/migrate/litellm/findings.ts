/** Kinds of things that an import moves. */
export type Kind = 'budget' | 'user' | 'team' | 'member' | 'key' | 'retired key' | 'customer' | 'model' | 'request';

/** Something about one of them that whoever imports should know. */
interface Finding {
  kind: Kind;
  /** Never a key: its alias, or the end of its name with the beginning of its hash. */
  label: string;
  reason: string;
}

/** What an import found out, in the order in which it did. */
export class Findings {
  /** What is not imported. */
  readonly skipped: Finding[] = [];
  /** What is imported blocked, because something that restricts it cannot be enforced here. */
  readonly blocked: Finding[] = [];
  /** What is imported otherwise than it was. */
  readonly changed: Finding[] = [];

  skip(kind: Kind, label: string, reason: string): void {
    this.skipped.push({ kind, label, reason });
  }

  block(kind: Kind, label: string, reasons: readonly string[]): void {
    if (reasons.length > 0) this.blocked.push({ kind, label, reason: reasons.join('; ') });
  }

  change(kind: Kind, label: string, reason: string): void {
    this.changed.push({ kind, label, reason });
  }
}
