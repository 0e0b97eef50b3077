import { expect, test } from 'vitest';
import { book } from '../../../test/cost/harness.ts';

test('a type that a region does not offer is not offered as Spot either', () => {
  expect(book.explainMissing('ec2.spot.g5.xlarge', 'ap-southeast-1')).toMatch(/not offered in ap-southeast-1; offered there: g4dn/);
});

test('no command is named that cannot help: Spot prices are not in the bulk files', () => {
  const reason = book.explainMissing('ec2.spot.m5.large', 'us-east-1');
  expect(reason).not.toContain('sluice prices refresh');
  expect(reason).toBe('no price for ec2.spot.m5.large in us-east-1; Spot prices are in no public file: add the row to a book for --prices');
});
