import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StepRunner } from './step-runner.ts';

const ci = new StepRunner('ci');
beforeEach(() => ci.begin());
afterEach(() => ci.end());

test('it runs the script that runs everything, and is red with it', async () => {
  await ci.file('.ci/run', 'exit 9');
  expect((await ci.run('run', 'Run everything')).status).not.toBe(0);
  await ci.standIn('started', 'exit 9');
  await ci.file('.ci/run', '#!/bin/bash\nstarted "$@"\n');
  await chmod(join(ci.root, '.ci/run'), 0o755);
  expect(await ci.run('run', 'Run everything')).toMatchObject({ status: 9, calls: ['started'] });
});

test('all of its shell was run here', () => {
  expect(ci.notRun()).toEqual([]);
});
