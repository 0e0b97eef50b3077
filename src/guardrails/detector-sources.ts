import type { DetectorSources } from './build-rules.ts';
import { createDetectors, type DetectorOptions } from './detectors/index.ts';

/** The detectors that the gateway brings along. */
export function detectorSources(): DetectorSources {
  return {
    builtIn(kind, { phoneRegions }) {
      const regions = phoneRegions as DetectorOptions['phoneRegions'];
      const [detector] = createDetectors({ kinds: [kind], ...(regions === undefined ? {} : { phoneRegions: regions }) });
      if (detector === undefined) throw new Error(`there is no detector of "${kind}"`);
      return detector;
    },
    pattern({ name }) {
      throw new Error(`pattern "${name}": patterns are not there yet`);
    },
    words() {
      throw new Error('words are not there yet');
    },
  };
}
