import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { book } from '../../test/cost/harness.ts';
import { micro, settle, usd } from './money.ts';
import { apportion, freeTierCredits, priceLines, tieredCost, type Demand } from './pricer.ts';
import { range, type Range } from './range.ts';

const rest = book.find('apigw.rest.requests', 'us-east-1')!;

function demand(priceId: string, quantity: Range | null, region = 'us-east-1', alternatives?: string[]): Demand {
  const line = { component: 'x', category: 'other' as const, priceId, unit: '', kind: 'usage' as const, quantity, basis: '' };
  return { address: 'a', region, line: alternatives === undefined ? line : { ...line, alternatives } };
}

describe('tiers', () => {
  test.each([
    // the price page of API Gateway: 3.50 a million up to 333M, 2.80 up to 1,000M, 2.38 up to 20,000M, 1.51 above
    [333_000_000, '1165.5'],
    [333_000_001, '1165.5000028'],
    [1_000_000_000, '3033.1'],
    [20_000_000_000, '48253.1'],
    [20_000_000_001, '48253.10000151'],
  ])('%d REST requests', (requests, expected) => {
    expect(settle(tieredCost(micro(requests), rest))).toBe(usd(expected));
  });

  test('cost is zero at zero, never falls, and has no jump', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...book.file.rows),
        fc.bigInt({ min: 0n, max: 10n ** 17n }),
        fc.bigInt({ min: 1n, max: 10n ** 12n }),
        (row, quantity, more) => {
          const price = book.find(row.id, row.region)!;
          const dearest = price.tiers.reduce((most, tier) => (tier.usd > most ? tier.usd : most), 0n);
          const [less, after] = [tieredCost(quantity, price), tieredCost(quantity + more, price)];
          expect(tieredCost(0n, price)).toBe(0n);
          expect(after).toBeGreaterThanOrEqual(less);
          expect(after - less).toBeLessThanOrEqual(more * dearest);
        },
      ),
    );
  });

  test('splitting a quantity over resources gives the same total', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 10n ** 16n }), { minLength: 1, maxLength: 12 }), (parts) => {
        const whole = parts.reduce((left, right) => left + right, 0n);
        const one = priceLines([demand('apigw.rest.requests', { min: 0n, typical: whole, max: whole })], book);
        const many = priceLines(
          parts.map((part) => demand('apigw.rest.requests', { min: 0n, typical: part, max: part })),
          book,
        );
        expect(many.reduce((sum, line) => sum + line.monthly.typical, 0n)).toBe(one[0]!.monthly.typical);
      }),
    );
  });

  test('regions have tiers of their own', () => {
    const two = priceLines(
      [demand('apigw.rest.requests', range(333e6)), demand('apigw.rest.requests', range(333e6), 'eu-west-1')],
      book,
    );
    // 333M × 3.50/M in each region: 1165.50; in one region the second half would cost 2.80/M
    expect(two.map((line) => line.monthly.typical)).toEqual([usd('1165.5'), usd('1165.5')]);
  });
});

describe('apportion', () => {
  test('parts add up exactly and follow their weights', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { minLength: 1, maxLength: 20 }),
        (total, weights) => {
          const parts = apportion(total, weights);
          const sum = weights.reduce((left, right) => left + right, 0n);
          expect(parts.reduce((left, right) => left + right, 0n)).toBe(sum === 0n ? 0n : total);
          for (const [index, part] of parts.entries())
            if (sum > 0n) expect(part - (total * weights[index]!) / sum).toBeLessThanOrEqual(1n);
        },
      ),
    );
  });
});

describe('several instance types', () => {
  test('the cheapest bounds the minimum and the dearest the maximum', () => {
    const types = ['ec2.ondemand.g5.xlarge', 'ec2.ondemand.g4dn.xlarge', 'ec2.ondemand.g5.2xlarge'];
    const [line] = priceLines([demand(types[0]!, range(730), 'us-east-1', types)], book);
    // 730 × 0.526 = 383.98; × 1.006 = 734.38; × 1.212 = 884.76
    expect(line!.monthly).toEqual({ min: usd('383.98'), typical: usd('734.38'), max: usd('884.76') });
  });

  test('one unpriced type makes the line unpriced: its maximum is unknown', () => {
    const [line] = priceLines(
      [demand('ec2.ondemand.g5.xlarge', range(730), 'us-east-1', ['ec2.ondemand.g5.xlarge', 'ec2.ondemand.p5.48xlarge'])],
      book,
    );
    expect(line!.prices).toBeUndefined();
    expect(line!.monthly.max).toBe(0n);
  });
});

test('free allowances are taken once per account, never more than what is used', () => {
  const lines = priceLines(
    [demand('dto.internet', range(40)), demand('dto.internet', range(80)), demand('cw.dashboard', range(2))],
    book,
  );
  const credits = freeTierCredits(lines, book);
  // 100 of 120 GB × 0.09 = 9.00; 2 of 3 free dashboards × 3.00
  expect(credits.map((credit) => [credit.id, credit.monthly.typical])).toEqual([
    ['dto.internet', -usd(9)],
    ['cw.dashboard', -usd(6)],
  ]);
});
