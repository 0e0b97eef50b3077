import type { LimitUse } from '../api/limits.ts';
import { formatCompact, formatDateTime, formatShare, formatUsd } from '../state/format.ts';

interface BarProps {
  used: number;
  /** null: there is no limit; the bar stays empty. */
  max: number | null;
  /** What is measured, for screen readers. */
  label: string;
  /** The same in words. */
  text: string;
}

/** How full a limit is. From 80 percent on it warns, and full it is a problem: the text beside it says so too. */
export function Bar({ used, max, label, text }: BarProps) {
  const share = max === null ? 0 : max === 0 ? 1 : Math.min(1, used / max);
  const level = share >= 1 ? 'full' : share >= 0.8 ? 'high' : 'calm';
  return (
    <div
      class="bar"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={text}
      data-level={level}
    >
      <div class="bar-fill" style={{ width: `${share * 100}%` }} />
    </div>
  );
}

const names: Record<LimitUse['kind'], string> = {
  requests: 'Requests per minute',
  tokens: 'Tokens per minute',
  parallel: 'Requests at a time',
  budget: 'Budget',
};

/** One limit with its use, as a bar with words. */
export function LimitMeter({ use }: { use: LimitUse }) {
  const format = use.kind === 'budget' ? formatUsd : formatCompact;
  const text = use.max === null ? `${format(use.used)}, no limit` : `${format(use.used)} of ${format(use.max)}`;
  const name = names[use.kind];
  return (
    <li class="limit">
      <div class="limit-head">
        <span>
          {name} <span class="limit-scope">{use.scope}</span>
        </span>
        <span class="limit-numbers">
          {text}
          {use.max !== null && use.max > 0 && ` · ${formatShare(use.used, use.max)}`}
        </span>
      </div>
      <Bar used={use.used} max={use.max} label={`${name}, ${use.scope}`} text={text} />
      {use.kind === 'budget' && use.resetsAtMs !== null && <p class="hint">starts anew {formatDateTime(use.resetsAtMs)}</p>}
    </li>
  );
}
