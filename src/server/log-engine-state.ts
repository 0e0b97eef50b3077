import type { EngineState } from '../engine/engine.ts';
import type { Logger } from '../telemetry/log.ts';

/** Writes what operators want to know of the embedded engine's changes. */
export function logEngineState(logger: Logger, state: EngineState): void {
  switch (state.status) {
    case 'ready': {
      const { model, isDemo, contextTokens } = state.engine;
      logger.info({ model, demo: isDemo || undefined, context_tokens: contextTokens }, 'model is ready');
      return;
    }
    case 'restarting':
    case 'failed':
      logger.error(
        { reason: state.reason },
        state.status === 'failed' ? 'the engine cannot start' : 'the engine stopped and is restarted',
      );
      return;
    case 'resolving':
    case 'downloading':
    case 'loading':
    case 'stopped':
      return;
  }
}
