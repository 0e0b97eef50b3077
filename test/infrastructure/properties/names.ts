import { blocks, resourcesOf, type PlanJson, type Resource } from './plan.ts';

const nameAttributes = ['name', 'name_prefix', 'bucket', 'bucket_prefix', 'alarm_name', 'dashboard_name', 'comment'] as const;

/** Names that are not the deployment's own to choose, each with the reason. */
const excepted: Record<string, string> = {
  aws_route53_record: 'the name of the API that the operator asked for',
  aws_s3_bucket_policy: 'names the bucket that it belongs to',
  aws_s3_bucket_public_access_block: 'names the bucket that it belongs to',
  aws_s3_bucket_ownership_controls: 'names the bucket that it belongs to',
  aws_s3_bucket_server_side_encryption_configuration: 'names the bucket that it belongs to',
  aws_s3_object: 'names the bucket that it lies in',
  // An inline policy has its name within a role, whose name is looked at.
  aws_iam_role_policy: 'is a part of its role',
};

function wrongNames(resource: Resource, prefix: string): string[] {
  if (resource.type in excepted) return [];
  return nameAttributes.flatMap((attribute) => {
    const value = resource.values[attribute];
    if (typeof value !== 'string' || value === '' || value.includes(prefix)) return [];
    return [`${resource.address} has the ${attribute} ${value}, without ${prefix}`];
  });
}

/** Default tags of the provider, and what must carry them itself since AWS does not hand them on. */
function wrongTags(resource: Resource, prefix: string, environment: string): string[] {
  const expected: Record<string, string> = {
    Environment: environment,
    Deployment: prefix,
    Topology: 'gpu',
    ManagedBy: 'opentofu',
  };
  const differs = (tags: Record<string, unknown>, where: string) =>
    Object.entries(expected)
      .filter(([key, value]) => tags[key] !== value)
      .map(([key, value]) => `${resource.address} has ${where} with ${key} = ${JSON.stringify(tags[key])} and not ${value}`);
  const faults: string[] = [];
  const all = resource.values['tags_all'] as Record<string, unknown> | null | undefined;
  if (resource.unknown['tags_all'] === true) faults.push(`${resource.address} has tags that are not known before an apply`);
  if (all !== undefined) faults.push(...differs(all ?? {}, 'tags'));
  const own = (resource.values['tags'] as Record<string, unknown> | null | undefined)?.['Name'];
  if (typeof own === 'string' && !own.includes(prefix)) faults.push(`${resource.address} has the Name ${own}`);
  if (resource.type === 'aws_autoscaling_group')
    faults.push(
      ...differs(Object.fromEntries(blocks(resource.values, 'tag').map(({ key, value }) => [String(key), value])), 'instances'),
    );
  for (const { resource_type: kind, tags } of blocks(resource.values, 'tag_specifications'))
    faults.push(...differs((tags ?? {}) as Record<string, unknown>, `a ${String(kind)}`));
  return faults;
}

/**
 * Property 2: names and tags without the environment, in a plan of the real provider (a mocked one knows no default tags). Log groups and roles
 * carry the prefix inside of their names.
 */
export function withoutEnvironment(plan: PlanJson, name: string, environment: string): string[] {
  const prefix = `${name}-${environment}-gpu`;
  return resourcesOf(plan).flatMap((resource) => [...wrongNames(resource, prefix), ...wrongTags(resource, prefix, environment)]);
}
