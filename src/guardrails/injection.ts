/** One sign of an attempt to overrule instructions. */
interface Sign {
  pattern: RegExp;
  score: number;
}

/** How far apart the words of a sign may stand: bounded, so that no text takes long. */
const near = '[^.!?\\n]{0,40}?';
const before = '(?:previous|prior|above|earlier|preceding|foregoing|system|initial|original|existing|former)';
const orders =
  '(?:instructions?|prompts?|rules?|directions?|guidelines?|directives?|commands?|constraints?|programming|training)';
const dropping = '(?:ignore|disregard|forget|override|bypass|discard|overrule|skip|neglect|drop)';
const telling = '(?:reveal|show|print|repeat|output|display|tell|give|leak|disclose|write|share|list|quote|recite)';

/** What such texts say. Scores add up over a text; one strong sign is enough, weak ones must come together. */
const signs: readonly Sign[] = [
  { pattern: sign(`\\b${dropping}\\b${near}\\b${before}\\b${near}\\b${orders}`), score: 3 },
  { pattern: sign(`\\b${dropping}\\b${near}\\b(?:all|any|every|your|these|those)\\b${near}\\b${orders}`), score: 3 },
  {
    pattern: sign(`\\b${dropping}\\b${near}\\b(?:everything|anything|what)\\b${near}\\b(?:above|before|told|said)\\b`),
    score: 3,
  },
  {
    pattern: sign(
      `\\b${telling}\\b${near}\\b(?:your|the|its)\\b${near}\\b(?:system|hidden|initial|original|secret)\\b${near}\\b${orders}`,
    ),
    score: 3,
  },
  {
    pattern: sign(`\\bwhat (?:is|are|was|were)\\b${near}\\byour\\b${near}\\b(?:system|hidden|initial|original) ${orders}`),
    score: 3,
  },
  {
    pattern: sign(
      `\\b(?:you are|you're|act as|become|pretend to be)\\b${near}\\b(?:dan|jailbroken|unrestricted|unfiltered|uncensored)\\b`,
    ),
    score: 3,
  },
  {
    pattern: sign(`\\b(?:developer|god|debug|admin|sudo|dan|jailbreak) mode\\b${near}\\b(?:enabled|activated|engaged)\\b`),
    score: 3,
  },
  {
    pattern: sign(`\\b(?:enable|activate|enter|switch to)\\b${near}\\b(?:developer|god|debug|admin|sudo|dan|jailbreak) mode\\b`),
    score: 3,
  },
  { pattern: sign(`\\bnew (?:system )?(?:instructions?|prompt|rules?)\\s*:`), score: 2 },
  { pattern: sign(`\\bfrom now on\\b${near}\\byou (?:are|will|must|shall)\\b`), score: 2 },
  {
    pattern: sign(
      `\\b(?:no|without|free (?:of|from))\\b${near}\\b(?:restrictions?|filters?|limitations?|censorship|safeguards?)\\b`,
    ),
    score: 2,
  },
  { pattern: sign(`\\bdo anything now\\b`), score: 3 },
  { pattern: /<\|(?:im_start|im_end|system|endoftext|eot_id|start_header_id)\|>|\[\/?INST\]|<<\/?SYS>>/, score: 3 },
  { pattern: /(?:^|\n)\s*#{2,}\s*(?:system|instruction)s?\s*:?\s*(?:\n|$)/i, score: 2 },
  {
    pattern: sign(`\\b(?:do not|don't|never)\\b${near}\\b(?:tell|inform|mention)\\b${near}\\b(?:user|human|operator)\\b`),
    score: 2,
  },
];

function sign(source: string): RegExp {
  return new RegExp(source, 'i');
}

/**
 * How much a text looks like an attempt to overrule the operator's instructions: 0 where there is no sign of it. A heuristic in English: it
 * misses what is said in other words, and docs/guardrails.md says how much.
 */
export function injectionScore(text: string): number {
  const plain = text.normalize('NFKC').replaceAll(/[\u200b-\u200d\u2060\ufeff\u00ad]/g, '');
  return signs.reduce((sum, { pattern, score }) => (pattern.test(plain) ? sum + score : sum), 0);
}
