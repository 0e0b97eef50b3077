import { expect, test } from 'vitest';
import type { CheckContext } from '../check.ts';
import { zonesCheck } from './zones.ts';

/** A region whose zones a, b, … have these ids, and a deployment in two of them. */
const look = (region: string, ids: readonly string[], letters: readonly string[]) =>
  zonesCheck.run({
    target: { region, values: { availability_zones: letters.map((letter) => `${region}${letter}`) } },
    aws: {
      client: () =>
        Promise.resolve({
          describeAvailabilityZones: () =>
            Promise.resolve({
              AvailabilityZones: ids.map((ZoneId, index) => ({
                ZoneId,
                ZoneName: `${region}${'abcd'[index]}`,
                ZoneType: 'availability-zone',
              })),
            }),
        }),
    },
  } as unknown as CheckContext);

test.each([
  ['ap-east-1', 'ape1-az1'],
  ['ap-northeast-2', 'apne2-az4'],
  ['ca-central-1', 'cac1-az4'],
  ['eu-west-3', 'euw3-az2'],
  ['us-east-1', 'use1-az3'],
  ['us-west-1', 'usw1-az2'],
])('in %s the zone %s takes no VPC link, whatever the account calls it', async (region, left) => {
  const ids = [left, left.replace(/\d$/, '8'), left.replace(/\d$/, '9')];
  expect(await look(region, ids, ['a', 'b'])).toEqual({
    status: 'fail',
    detail: `API Gateway makes no VPC link in ${region}a (${left})`,
    fix: `set availability_zones to two or more of: ${region}b, ${region}c`,
  });
  expect(await look(region, ids, ['b', 'c'])).toMatchObject({ status: 'pass' });
});

test('a region that AWS does not name is warned of, and not refused', async () => {
  expect(await look('eu-west-1', ['euw1-az1', 'euw1-az2'], ['a', 'b'])).toMatchObject({ status: 'pass' });
  expect(await look('eu-south-1', ['eus1-az1', 'eus1-az2'], ['a', 'b'])).toMatchObject({
    status: 'warn',
    detail: expect.stringMatching(/^eu-south-1 is not among the regions/),
  });
});
