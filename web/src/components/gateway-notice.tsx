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
          <p>You can write already; a message that you send now goes out when the model is ready.</p>
        </Notice>
      </div>
    );
  }
  const failure = models.failure.value;
  if (failure && failure.kind !== 'network' && failure.kind !== 'unauthorized') {
    return (
      <div class="column">
        <Notice tone="problem" title="The models cannot be listed">
          <p>{failure.message}</p>
        </Notice>
      </div>
    );
  }
  return null;
}
