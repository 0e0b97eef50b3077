// Tells people what a plan would do, in Markdown, for summaries and comments of GitHub:
//   node scripts/plan-report.ts FOLDER --title TEXT [--marker NAME] [--max-length N] [--refuse-loss]
// FOLDER holds plan.json (`show -json`) and plan.txt (`show`). The whole has at most N characters; the plan's text is cut first, at the end of a line.
// With --refuse-loss the exit status is 1 if something precious would be replaced or deleted; the report is written all the same.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { refuseLoss } from '../src/deploy/deployment/apply-root.ts';
import { priceLine } from '../src/deploy/deployment/price-line.ts';
import { isEmpty, renderPlan, summarisePlan, type PlanSummary } from '../src/deploy/roots/plan-summary.ts';
import { tellFailures } from './tools/open-target.ts';

/** A fence that the text cannot close: longer than any run of backticks in it. */
function fenced(text: string, name = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${name}\n${text}\n${fence}\n`;
}

/** At most so many characters, whole lines. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const note = '… cut; the whole plan stands in the log of the job';
  const kept = text.slice(0, Math.max(0, length - note.length - 1));
  return `${kept.slice(0, kept.lastIndexOf('\n') + 1)}${note}`;
}

/** Nothing is priced where there is nothing to do. */
const costOf = (json: string, summary: PlanSummary, now: number): string =>
  isEmpty(summary) ? '' : `${priceLine(json, now)}\n\n`;

await tellFailures(async () => {
  const { values: flags, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      title: { type: 'string', default: 'Plan' },
      marker: { type: 'string' },
      'max-length': { type: 'string', default: '60000' },
      'refuse-loss': { type: 'boolean', default: false },
    },
  });
  const [folder = '.'] = positionals;
  const [json, text] = await Promise.all(['plan.json', 'plan.txt'].map((name) => readFile(join(folder, name), 'utf8')));
  const summary = summarisePlan(json ?? '');
  const marker = flags.marker === undefined ? '' : `<!-- ${flags.marker} -->\n`;
  const head = `${marker}### ${flags.title}\n\n${fenced(renderPlan(summary).trimEnd())}\n${costOf(json ?? '', summary, Date.now())}`;
  const [opening, closing] = ['<details><summary>The plan</summary>\n\n', '\n</details>\n'];
  const around = head.length + opening.length + closing.length + fenced(text ?? '', 'hcl').length - (text ?? '').length;
  console.log(
    `${head}${opening}${fenced(cut((text ?? '').trim(), Number(flags['max-length']) - around - 1), 'hcl')}${closing}`.trimEnd(),
  );
  refuseLoss(summary, !flags['refuse-loss']);
});
