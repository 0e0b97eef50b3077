import { detectorKinds, type DetectorKind } from '../schema-guardrails.ts';
import type { GuardrailInput } from './guardrails.ts';
import type { Setting } from './setting.ts';

type Action = 'mask' | 'block';

const common = ['guardrail', 'mode', 'default_on'];
const known = new Set([
  ...common,
  'patterns',
  'blocked_words',
  'blocked_words_file',
  'pattern_redaction_format',
  'keyword_redaction_tag',
]);

/** `litellm_content_filter`: prebuilt patterns are our detectors, which also check what they find; the rest are patterns and words of the file. */
export function contentFilterInput(parameters: Setting): Partial<GuardrailInput> {
  for (const [key, setting] of parameters.entries()) {
    if (key === 'categories') setting.refuse(`categories are not built; prebuilt patterns are ${detectorKinds.join(', ')}`);
    else if (!known.has(key)) setting.refuse('is not known to litellm_content_filter here');
  }
  const input: Partial<GuardrailInput> = {};
  const detectors: NonNullable<GuardrailInput['detectors']> = [];
  const patterns: NonNullable<GuardrailInput['patterns']> = [];
  for (const pattern of parameters.child('patterns')?.items() ?? []) {
    const action = actionOf(pattern);
    const name = pattern.child(pattern.child('pattern_type')?.value === 'regex' ? 'name' : 'pattern_name')?.text();
    if (name === undefined) pattern.refuse('needs pattern_type prebuilt with a pattern_name, or regex with name and pattern');
    else if (pattern.child('pattern_type')?.value !== 'regex') {
      if (isDetector(name)) detectors.push({ kind: name, action });
      else pattern.refuse(`there is no prebuilt pattern "${name}" here; there are ${detectorKinds.join(', ')}`);
    } else {
      const source = pattern.child('pattern')?.text();
      if (source === undefined) pattern.refuse('needs a pattern');
      else patterns.push({ name: name.replaceAll(/\W/g, '_'), pattern: source, action });
    }
  }
  const words = (parameters.child('blocked_words')?.items() ?? []).flatMap((entry) => {
    const word = entry.child('keyword')?.text();
    return word === undefined ? (entry.refuse('needs a keyword') ?? []) : [{ word, action: actionOf(entry) }];
  });
  if (detectors.length > 0) input.detectors = detectors;
  if (patterns.length > 0) input.patterns = patterns;
  if (words.length > 0) input.words = words;
  const wordsFile = parameters.child('blocked_words_file')?.text();
  if (wordsFile !== undefined) input.wordsFile = wordsFile;
  const format = parameters.child('pattern_redaction_format')?.text();
  if (format !== undefined) input.maskFormat = format.replaceAll('{pattern_name}', '{KIND}');
  const wordMask = parameters.child('keyword_redaction_tag')?.text();
  if (wordMask !== undefined) input.wordMask = wordMask;
  return input;
}

function actionOf(entry: Setting): Action {
  const action = entry.child('action');
  if (action === undefined || action.value === 'MASK') return 'mask';
  if (action.value !== 'BLOCK') action.refuse('must be BLOCK or MASK');
  return 'block';
}

function isDetector(name: string): name is DetectorKind {
  return (detectorKinds as readonly string[]).includes(name);
}
