import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bundledBook } from '../../cost/prices/bundled.ts';
import { environments } from '../target.ts';
import { parseTfvars, type Tfvars } from '../tfvars.ts';
import { fields } from './fields.ts';
import { egressChoices, typeChoices } from './hints.ts';
import { interview, type Asker, type Interview } from './interview.ts';
import { faultOf, parseAnswer, refuseFaults } from './parse-answer.ts';
import { renderTfvars } from './render.ts';

const fieldOf = (name: string) => fields.find((field) => field.name === name)!;

/** What is asked without a person. */
const unasked = (more: Partial<Interview> = {}): Promise<Tfvars> =>
  interview({ fields, environment: 'dev', before: {}, given: {}, asker: null, choices: async () => null, ...more });

test.each(environments)(
  'what is taken by default for %s is right, and is read back from the file as it was',
  async (environment) => {
    const answers = await unasked({ environment });
    expect(() => refuseFaults(fields, answers)).not.toThrow();
    const text = renderTfvars(fields, answers, { topology: 'gpu', environment });
    expect(parseTfvars(text, 'x')).toEqual({ environment, ...answers });
  },
);

test.each([
  ['name', 'Llm', 'lower-case'],
  ['name', 'a--b', 'lower-case'],
  ['aws_region', 'virginia', "region's code"],
  ['availability_zones', 'us-east-1a', 'two to four'],
  ['availability_zones', 'us-east-1a, us-east-1a', 'two to four'],
  ['availability_zones', 'us-east-1a, us-west-2b', 'us-west-2b: a zone is us-east-1 and a letter'],
  ['vpc_cidr', '10.0.0.1/16', 'first address'],
  ['vpc_cidr', '10.0.0.0/8', '/16 to /22'],
  ['egress_mode', 'none', 'endpoints or nat'],
  ['instance_type', 'huge', 'looks like g5.xlarge'],
  ['instance_type', 'g6.xlarge', 'allow_other_gpu_families'],
  ['fallback_instance_types', 'g4dn.xlarge, g5.xlarge', 'g5.xlarge is the first choice already'],
  ['min_instances', '1.5', 'whole number'],
  ['max_instances', 'many', 'it must be a number'],
  ['max_instances', '1', 'from 2 to 100'],
  ['api_key_required', 'yes', 'true or false'],
  [
    'certificate_arn',
    'arn:aws:acm:eu-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef',
    'certificate of us-east-1',
  ],
  ['certificate_arn', 'arn', 'arn:aws:acm:'],
  ['alb_server_name', 'api.example.com', 'belong together'],
  ['domain_name', 'api.example.com', 'needs certificate_arn'],
  ['hosted_zone_id', 'Z1', 'needs domain_name'],
  ['alarm_email', 'me', 'e-mail'],
  ['budget_usd_month', '0', 'above 0'],
  ['budget_usd_month', 'lots', 'a number, or empty'],
  ['retention_days', '7', '30, 60'],
])('%s = %s is refused with the reason', (name, text, reason) => {
  const answers = { aws_region: 'us-east-1', instance_type: 'g5.xlarge', min_instances: 2 };
  expect(faultOf(fieldOf(name), text, answers)).toContain(reason);
});

test('all faults of a file are told at once, with their values', async () => {
  const before = { name: 'UPPER', max_instances: 0, alarm_email: 'me', alb_server_name: 7 };
  const answers = await unasked({ before });
  expect(() => refuseFaults(fields, answers)).toThrow(
    /^name = "UPPER": [\s\S]*\nmax_instances = 0: [\s\S]*\nalarm_email = "me": /,
  );
});

test('what a file holds beside is kept, whatever texts it has', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{3,9}$/), fc.string({ unit: 'grapheme' })), (tags) => {
      const answers = { aws_region: 'us-east-1', tags, spot: { on_demand_base: 1 } };
      const text = renderTfvars(fields, answers, { topology: 'gpu', environment: 'dev' });
      expect(parseTfvars(text, 'x')).toEqual({ environment: 'dev', ...answers });
    }),
  );
});

/** Answers by a word of the question; what has none is taken as offered. */
function scripted(answers: Record<string, string[]>): { asker: Asker; asked: string[] } {
  const asked: string[] = [];
  const next = (question: string) => {
    asked.push(question);
    return Object.entries(answers)
      .find(([word]) => question.includes(word))?.[1]
      .shift();
  };
  return {
    asked,
    asker: {
      text: async (question, initial, fault) => {
        let typed = next(question) ?? initial;
        while (fault(typed) !== undefined) typed = next(`${question} ${fault(typed)}`) ?? initial;
        return typed;
      },
      choose: async (question, _, initial) => {
        const chosen = next(question) ?? initial;
        return chosen === 'another' ? undefined : chosen;
      },
      chooseSome: async (question, _, initial) => next(question)?.split(',') ?? initial,
      confirm: async (question, initial) => (next(question) ?? String(initial)) === 'true',
    },
  };
}

test('a person is asked in order, again after a fault, and only for what fits what was said', async () => {
  const { asker, asked } = scripted({
    'AWS region': ['nowhere', 'eu-west-1'],
    zones: ['eu-west-1a', 'eu-west-1a,eu-west-1b'],
    'GPU instance type': ['another', 'g4dn.2xlarge'],
    'ACM certificate': ['arn:aws:acm:eu-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef'],
    'valid for': ['api.example.com'],
    key: ['true'],
  });
  const choices: Interview['choices'] = async (name) => (name === 'availability_zones' || name === 'instance_type' ? [] : null);
  const answers = await unasked({
    asker,
    choices,
    given: { max_instances: 5 },
    before: { availability_zones: ['us-east-1a', 'us-east-1b'] },
  });
  expect(answers).toMatchObject({
    aws_region: 'eu-west-1',
    availability_zones: ['eu-west-1a', 'eu-west-1b'],
    instance_type: 'g4dn.2xlarge',
    max_instances: 5,
    api_key_required: true,
    alb_server_name: 'api.example.com',
  });
  expect(() => refuseFaults(fields, answers)).not.toThrow();
  expect(asked.filter((question) => question.includes('two to four different zones'))).toHaveLength(1);
  expect(asked.some((question) => question.includes('Own domain'))).toBe(true);
  expect(asked.some((question) => /Most GPU hosts|Route 53/.test(question))).toBe(false);
});

test('with the certificate goes what means nothing without it', async () => {
  const before = {
    certificate_arn: '',
    alb_server_name: 'api.example.com',
    domain_name: 'api.example.com',
    hosted_zone_id: 'Z1',
  };
  const answers = await unasked({ before });
  expect(Object.keys(answers)).not.toContain('alb_server_name');
  expect(Object.keys(answers)).not.toContain('hosted_zone_id');
});

test('an answer that is none of its kind is no value', () => {
  expect(parseAnswer(fieldOf('max_instances'), '')).toBeUndefined();
  expect(parseAnswer(fieldOf('budget_usd_month'), ' ')).toBeNull();
  expect(parseAnswer(fieldOf('fallback_instance_types'), '')).toEqual([]);
  expect(parseAnswer(fieldOf('availability_zones'), 'a, b,')).toEqual(['a', 'b']);
});

test('choices carry list prices of the region, and say where none is known', () => {
  const answers = { aws_region: 'us-east-1', availability_zones: ['us-east-1a', 'us-east-1b'], api_key_required: false };
  // 1.006 dollars an hour; 0.045 and an address for 0.005; 9 endpoints in 2 zones for 0.01 each. 730 hours.
  expect(typeChoices(bundledBook(), 'us-east-1').find(({ value }) => value === 'g5.xlarge')?.hint).toBe('$734 a month each');
  expect(egressChoices(bundledBook(), answers).map(({ hint }) => hint)).toEqual([
    'one NAT gateway, $37 a month',
    'no way to the internet; 9 in each of 2 zones, $131 a month',
  ]);
  expect(egressChoices(bundledBook(), { ...answers, aws_region: 'mx-central-1' })[0]?.hint).toMatch(/price not known here/);
});
