// Tells people what a plan would do, in Markdown, for summaries and comments of GitHub:
//   node scripts/plan-report.ts FOLDER --title TEXT [--marker NAME] [--max-length N] [--refuse-loss] [--refuse-empty-keys]
// FOLDER holds plan.json (`show -json`), plan.txt (`show`) and keys (of root-inputs.ts). The whole has at most N characters; the plan's text is cut,
// at the end of a line. The exit status is 1 with --refuse-loss if something precious would be replaced or deleted, or what a run broke off at be made
// anew; with --refuse-empty-keys if the secret of API keys would be written and no keys are to come. The report is written all the same.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { adoptable, refuseLoss } from '../src/deploy/deployment/apply-root.ts';
import { refuseEmptyKeys } from '../src/deploy/deployment/choose-keys.ts';
import { summarisePlan, type PlanSummary } from '../src/deploy/roots/plan-summary.ts';
import { GatewayError } from '../src/errors.ts';
import { tellFailures } from './tools/open-target.ts';
import { planReport } from './tools/plan-report.ts';

/** Only who may write the state can go on with it, and a plan is made by who may not. @throws GatewayError: what a run broke off at would be made anew */
function refuseRemaking(summary: PlanSummary): void {
  const halfMade = adoptable(summary);
  if (halfMade.length === 0) return;
  throw new GatewayError(
    'bad_request',
    `this plan would delete and make anew what a run broke off at: ${halfMade.join(', ')}. sluice deploy on a terminal goes on with it instead; ` +
      'allow_replace (--allow-replace) makes it anew. Nothing was changed',
  );
}

/** `wanted`: the apply is given keys; `kept`: those in force stay. @throws GatewayError: the secret would be written, and nothing is given */
async function refuseUnknownKeys(folder: string, summary: PlanSummary): Promise<void> {
  const keys = (await readFile(join(folder, 'keys'), 'utf8')).trim();
  if (keys !== 'kept') return;
  try {
    refuseEmptyKeys({ newKey: null, file: null, version: 1 }, summary);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new GatewayError(error.code, `${error.message}. In GitHub: start deploy with rotate_keys, which writes SLUICE_KEYS`);
  }
}

await tellFailures(async () => {
  const { values: flags, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      title: { type: 'string', default: 'Plan' },
      marker: { type: 'string' },
      'max-length': { type: 'string', default: '60000' },
      'refuse-loss': { type: 'boolean', default: false },
      'refuse-empty-keys': { type: 'boolean', default: false },
    },
  });
  const [folder = '.'] = positionals;
  const json = await readFile(join(folder, 'plan.json'), 'utf8');
  const text = await readFile(join(folder, 'plan.txt'), 'utf8');
  const { title, marker } = flags;
  process.stdout.write(planReport({ title, marker, json, text, maxLength: Number(flags['max-length']), nowMs: Date.now() }));
  const summary = summarisePlan(json);
  if (flags['refuse-empty-keys']) await refuseUnknownKeys(folder, summary);
  if (!flags['refuse-loss']) return;
  refuseLoss(summary, false);
  refuseRemaking(summary);
});
