import type { DetectorSources } from './build-rules.ts';
import { denyWordsDetector } from './detectors/deny-words.ts';
import { createDetector } from './detectors/index.ts';
import { patternDetector } from './detectors/pattern.ts';

/** The detectors that the gateway brings along. */
export function detectorSources(): DetectorSources {
  return { builtIn: createDetector, pattern: patternDetector, words: denyWordsDetector };
}
