import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Playground } from '../state/playground.ts';

const PlaygroundContext = createContext<Playground | undefined>(undefined);

/** Gives the playground to every component below. */
export const PlaygroundProvider = PlaygroundContext.Provider;

/** The playground that the page runs on. */
export function usePlayground(): Playground {
  const playground = useContext(PlaygroundContext);
  if (!playground) throw new Error('usePlayground has to be called below a PlaygroundProvider');
  return playground;
}
