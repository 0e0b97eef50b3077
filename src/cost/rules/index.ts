import { apiGatewayRules } from './api-gateway.ts';
import { cloudwatchRules } from './cloudwatch.ts';
import { databaseRules } from './databases.ts';
import { ebsRules } from './ebs.ts';
import { ec2Rules } from './ec2.ts';
import { ecsRules } from './ecs.ts';
import { edgeRules } from './edge.ts';
import { eksRules } from './eks.ts';
import { elbRules } from './elb.ts';
import type { Rule } from './rule.ts';
import { securityRules } from './security.ts';
import { serverlessRules } from './serverless.ts';
import { storageRules } from './storage.ts';
import { virtualRules } from './virtual.ts';
import { vpcRules } from './vpc.ts';
import { wafRules } from './waf.ts';

const families = [
  apiGatewayRules,
  cloudwatchRules,
  databaseRules,
  ebsRules,
  ec2Rules,
  ecsRules,
  edgeRules,
  eksRules,
  elbRules,
  securityRules,
  serverlessRules,
  storageRules,
  virtualRules,
  vpcRules,
  wafRules,
];

/** Resource type → rule. A new type is one entry in one family's file. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  families.flat().flatMap((rule) => rule.types.map((type) => [type, rule] as const)),
);
