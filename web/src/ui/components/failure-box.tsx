import type { Failure, FailureKind } from '../../api/failure.ts';
import { Notice } from '../../components/notice.tsx';
import { useCountdown } from '../../components/use-countdown.ts';
import { formatWait } from '../../state/facts.ts';

const titles: Partial<Record<FailureKind, string>> = {
  unauthorized: 'The key was not accepted',
  forbidden: 'Not allowed with this key',
  'rate-limited': 'Too many requests',
  unavailable: 'Not available now',
  timeout: 'No answer in time',
  network: 'The gateway cannot be reached',
  refused: 'The gateway refused this',
};

interface FailureBoxProps {
  failure: Failure;
  /** Missing where the way to try again is beside the box. */
  onRetry?: () => void;
}

/** What went wrong, in the gateway's words, and when trying again makes sense. */
export function FailureBox({ failure, onRetry }: FailureBoxProps) {
  const remainingMs = useCountdown(failure.retryAtMs);
  const reference = [failure.code, failure.requestId && `request ${failure.requestId}`].filter(Boolean).join(' · ');
  const retry = onRetry && (
    <button type="button" class="button" onClick={onRetry}>
      Try again
    </button>
  );
  const wait = (
    <p class="countdown" role="timer">
      Try again in <strong>{formatWait(remainingMs)}</strong>
    </p>
  );
  return (
    <div role="alert">
      <Notice
        tone="problem"
        title={titles[failure.kind] ?? 'The gateway failed'}
        reference={reference}
        actions={remainingMs > 0 ? wait : retry}
      >
        <p>{failure.message}</p>
      </Notice>
    </div>
  );
}
