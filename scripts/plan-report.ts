// Tells people what a plan would do, in Markdown, for summaries and comments of GitHub:
//   node scripts/plan-report.ts FOLDER --title TEXT [--marker NAME] [--max-length N] [--refuse-loss]
// FOLDER holds plan.json (`show -json`) and plan.txt (`show`). The whole has at most N characters; the plan's text is cut, at the end of a line.
// With --refuse-loss the exit status is 1 if something precious would be replaced or deleted; the report is written all the same.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { refuseLoss } from '../src/deploy/deployment/apply-root.ts';
import { summarisePlan } from '../src/deploy/roots/plan-summary.ts';
import { tellFailures } from './tools/open-target.ts';
import { planReport } from './tools/plan-report.ts';

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
  const json = await readFile(join(folder, 'plan.json'), 'utf8');
  const text = await readFile(join(folder, 'plan.txt'), 'utf8');
  const { title, marker } = flags;
  process.stdout.write(planReport({ title, marker, json, text, maxLength: Number(flags['max-length']), nowMs: Date.now() }));
  refuseLoss(summarisePlan(json), !flags['refuse-loss']);
});
