import type { Failure, FailureKind } from '../api/failure.ts';
import { formatWait } from '../state/facts.ts';
import type { Turn } from '../state/turn.ts';
import { usePlayground } from './context.ts';
import { Notice } from './notice.tsx';
import { useCountdown } from './use-countdown.ts';

const titles: Record<FailureKind, string> = {
  unauthorized: 'This gateway needs an API key',
  forbidden: 'Not allowed with this key',
  'model-not-found': 'There is no such model',
  'rate-limited': 'Too many requests',
  'over-budget': 'The budget is used up',
  unavailable: 'The model cannot answer now',
  timeout: 'No answer in time',
  network: 'The gateway cannot be reached',
  interrupted: 'The answer was cut off',
  refused: 'The gateway refused this request',
  gateway: 'The gateway failed',
};

/** What to do about it, where the server's message cannot know. */
const advice: Partial<Record<FailureKind, string>> = {
  unauthorized: 'Enter a key in the settings, and the message is sent again.',
  forbidden: 'Choose another model, or use another key.',
  'model-not-found': 'The list of models was loaded again; choose one of it.',
  network: 'Check the connection and that the gateway is running.',
};

interface FailureNoticeProps {
  turn: Turn;
  failure: Failure;
  /** Only the newest prompt can be sent again. */
  isLast: boolean;
}

/** Why an answer is missing or incomplete, and the way on. */
export function FailureNotice({ turn, failure, isLast }: FailureNoticeProps) {
  const { apiKey } = usePlayground();
  const isKeyWrong = failure.kind === 'unauthorized' && apiKey.value !== '';
  const reference = [failure.code, failure.requestId && `request ${failure.requestId}`].filter(Boolean).join(' · ');
  return (
    <Notice
      tone="problem"
      title={isKeyWrong ? 'The API key was not accepted' : titles[failure.kind]}
      reference={reference}
      actions={isLast && <RetryAction turn={turn} retryAtMs={failure.retryAtMs} />}
    >
      <p>{failure.message}</p>
      {isLast && advice[failure.kind] && <p>{advice[failure.kind]}</p>}
    </Notice>
  );
}

/** Counts down to when trying again makes sense, then is a button. */
function RetryAction({ turn, retryAtMs }: { turn: Turn; retryAtMs: number | undefined }) {
  const { retry, isBusy } = usePlayground();
  const remainingMs = useCountdown(retryAtMs);
  if (remainingMs > 0) {
    return (
      <p class="countdown" role="timer">
        You can try again in <strong>{formatWait(remainingMs)}</strong>
      </p>
    );
  }
  return (
    <button type="button" class="button" disabled={isBusy.value} onClick={() => retry(turn)}>
      Try again
    </button>
  );
}
