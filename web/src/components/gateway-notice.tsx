import { usePlayground } from './context.ts';
import { Notice } from './notice.tsx';

/** Above the prompt box: why nothing can be sent now. Goes away by itself. */
export function GatewayNotice() {
  const { health, models, conversation } = usePlayground();
  const readiness = health.readiness.value;
  const isToldInTurn = conversation.turns.value.at(-1)?.state.value.kind === 'held';
  const check = (
    <button type="button" class="button" onClick={() => void health.check()}>
      Try now
    </button>
  );
  if (readiness === 'unreachable') {
    return (
      <div class="column">
        <Notice tone="calm" title="The gateway cannot be reached" actions={check}>
          <p>This page asks again every few seconds.</p>
        </Notice>
      </div>
    );
  }
  if (readiness === 'loading' && !isToldInTurn) {
    return (
      <div class="column">
        <Notice tone="calm" title="The model is loading" actions={check}>
          <p>You can write already. What you send goes out when it is ready.</p>
        </Notice>
      </div>
    );
  }
  const failure = models.failure.value;
  // A missing key is told at the key field.
  if (failure && failure.kind !== 'unauthorized') {
    return (
      <div class="column">
        <Notice
          tone="problem"
          title="The models cannot be listed"
          actions={
            <button type="button" class="button" onClick={() => void models.refresh()}>
              Try again
            </button>
          }
        >
          <p>{failure.message}</p>
        </Notice>
      </div>
    );
  }
  return null;
}
