import type { Span } from '../api/spend.ts';
import { presets } from '../state/days.ts';
import { useDashboard } from './context.ts';

/** Chooses the days that a page is about; the address remembers them. */
export function SpanPicker({ start, end, preset }: Span & { preset: string }) {
  const { router } = useDashboard();
  function setDay(name: 'from' | 'to', day: string): void {
    if (day === '') return;
    const [from, to] = name === 'from' ? [day, end < day ? day : end] : [start > day ? day : start, day];
    router.remember({ from, to, span: '' });
  }
  return (
    <div class="span-picker" role="group" aria-label="Days, in UTC">
      <div class="segments">
        {presets.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            class="segment"
            aria-pressed={id === preset}
            onClick={() => router.remember({ span: id, from: '', to: '' })}
          >
            {label}
          </button>
        ))}
      </div>
      <input type="date" aria-label="First day" value={start} onChange={(event) => setDay('from', event.currentTarget.value)} />
      <span aria-hidden="true">–</span>
      <input type="date" aria-label="Last day" value={end} onChange={(event) => setDay('to', event.currentTarget.value)} />
    </div>
  );
}
