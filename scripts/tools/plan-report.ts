import { priceLine } from '../../src/deploy/deployment/price-line.ts';
import { isEmpty, renderPlan, summarisePlan } from '../../src/deploy/roots/plan-summary.ts';

export interface PlanReportInput {
  title: string;
  /** A word of ours at the very beginning, which readers do not see, by which a comment is found again. */
  marker?: string | undefined;
  /** `show -json` of the plan. */
  json: string;
  /** `show` of it. */
  text: string;
  /** Of the whole, in characters: the plan's text is cut. */
  maxLength: number;
  /** Prices are of a day. */
  nowMs: number;
}

const note = '… cut; the whole plan stands in the log of the job';

/** A fence that the text cannot close: longer than any run of backticks in it. */
function fenced(text: string, fence: string, language = ''): string {
  return `${fence}${language}\n${text}\n${fence}\n`;
}

const fenceFor = (text: string): string =>
  '`'.repeat([...text.matchAll(/`+/g)].reduce((longest, [run]) => Math.max(longest, run.length), 2) + 1);

/** At most so many characters, in whole lines. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const kept = text.slice(0, Math.max(0, length - note.length));
  return `${kept.slice(0, kept.lastIndexOf('\n') + 1)}${note}`;
}

/** What a plan would do, in Markdown: counts, what is changed, replaced or deleted, its price, and the plan itself folded away. */
export function planReport({ title, marker, json, text, maxLength, nowMs }: PlanReportInput): string {
  const summary = summarisePlan(json);
  const price = isEmpty(summary) ? '' : `${priceLine(json, nowMs)}\n\n`;
  const mark = marker === undefined ? '' : `<!-- ${marker} -->\n`;
  const head = `${mark}### ${title}\n\n${fenced(renderPlan(summary).trimEnd(), '```')}\n${price}<details><summary>The plan</summary>\n\n`;
  const tail = '\n</details>\n';
  const plan = text.trim();
  const fence = fenceFor(plan);
  const room = maxLength - head.length - fenced('', fence, 'hcl').length - tail.length;
  return `${head}${fenced(cut(plan, room), fence, 'hcl')}${tail}`;
}
