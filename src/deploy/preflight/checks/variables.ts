import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '../../../config/nearest.ts';
import { missingInfrastructure, type Target } from '../../target.ts';
import { fields } from '../../tfvars-dialog/fields.ts';
import { interview } from '../../tfvars-dialog/interview.ts';
import { faultsIn } from '../../tfvars-dialog/parse-answer.ts';
import { fail, pass, type Check } from '../check.ts';

/** The topology knows every variable of the environment, and would take its value. Of a misspelt name the program only warns, and goes on without it. */
export const variablesCheck: Check = {
  id: 'variables',
  phase: 'account',
  async run({ target }) {
    const { values, tfvarsPath, environment, region } = target;
    const declared = await declaredBy(target);
    const unknown = Object.keys(values)
      .filter((name) => !declared.includes(name))
      .map((name) => {
        const meant = nearest(name, declared);
        return `${name}: the topology has no such variable${meant === undefined ? '' : `; is ${meant} meant?`}`;
      });
    const given = { ...values, aws_region: region };
    const answers = await interview({
      fields,
      environment,
      before: {},
      given,
      asker: null,
      choices: () => Promise.resolve(null),
    });
    const faults = [...unknown, ...faultsIn(fields, answers)];
    if (faults.length > 0) return fail(faults.join('; '), `put it right in ${tfvarsPath}`);
    return pass(`${Object.keys(values).length} of the topology's are set`);
  },
};

async function declaredBy({ infrastructure, topology }: Target): Promise<string[]> {
  const path = join(infrastructure, 'topologies', topology, 'variables.tf');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => Promise.reject(missingInfrastructure(path, cause)));
  return [...text.matchAll(/^variable "([^"]+)"/gm)].map(([, name = '']) => name);
}
