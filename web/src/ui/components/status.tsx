/** A word with a dot: what state something is in. */
export function Status({ tone, children }: { tone: 'good' | 'bad' | 'quiet'; children: string }) {
  return (
    <span class="status" data-tone={tone}>
      {children}
    </span>
  );
}

/** Whether a key is taken now, and if not why. */
export function KeyStatus({ isBlocked, expiresAtMs, nowMs }: { isBlocked: boolean; expiresAtMs: number | null; nowMs: number }) {
  if (isBlocked) return <Status tone="bad">blocked</Status>;
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return <Status tone="bad">expired</Status>;
  return <Status tone="good">active</Status>;
}
