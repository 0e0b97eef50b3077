import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

// What a plan does not tell: lifecycles stand in the configuration's text alone, and no test that plans or applies once can see one.

const infrastructure = new URL('../../../infrastructure/', import.meta.url);

/** The text of a resource's block. */
async function blockOf(file: string, resource: string): Promise<string> {
  const text = await readFile(new URL(file, infrastructure), 'utf8');
  const [type, name] = resource.split('.');
  const block = new RegExp(`^resource "${type}" "${name}" \\{\\n[\\s\\S]*?^\\}$`, 'm').exec(text)?.[0];
  if (block === undefined) throw new Error(`there is no ${resource} in ${file}`);
  return block;
}

test.each([
  ['bootstrap/main.tf', 'aws_kms_key.state'],
  ['bootstrap/main.tf', 'aws_s3_bucket.state'],
  ['bootstrap/main.tf', 'aws_dynamodb_table.lock'],
])('%s: no plan destroys %s', async (file, resource) => {
  expect(await blockOf(file, resource)).toMatch(/^ {2}lifecycle \{\n(?: {4}.*\n)*? {4}prevent_destroy = true$/m);
});

// AWS refuses to delete what is in use: the stage holds its deployment, interfaces hold their groups.
test.each([
  ['topologies/gpu/security.tf', 'aws_security_group.this'],
  ['modules/api/main.tf', 'aws_apigatewayv2_vpc_link.this'],
  ['modules/api/main.tf', 'aws_api_gateway_deployment.this'],
  ['modules/api/main.tf', 'aws_api_gateway_rest_api.this'],
])('%s: what takes the place of %s comes before it goes', async (file, resource) => {
  expect(await blockOf(file, resource)).toMatch(/^ {2}lifecycle \{\n(?: {4}.*\n)*? {4}create_before_destroy = true$/m);
});

test('an apply leaves the size to what scales the fleet', async () => {
  expect(await blockOf('modules/gpu_fleet/main.tf', 'aws_autoscaling_group.this')).toMatch(
    /ignore_changes = \[[^\]]*\bdesired_capacity\b/,
  );
});

test('the provider refuses another account than the one that was planned for', async () => {
  for (const file of ['bootstrap/versions.tf', 'artifacts/versions.tf', 'topologies/gpu/versions.tf'])
    expect(await readFile(new URL(file, infrastructure), 'utf8'), file).toMatch(
      /^ {2}allowed_account_ids = \[var\.account_id\]$/m,
    );
});
