import { decimalMicro, decimalUsd } from '../money.ts';
import { linePrice, type Report } from './report.ts';

/** A field of RFC 4180. A leading `=`, `+`, `-` or `@` is quoted so that spreadsheets do not run it. */
function field(value: string): string {
  const safe = /^[=+\-@]/.test(value) && !/^-?\d+(\.\d+)?$/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const header = [
  'address',
  'type',
  'status',
  'category',
  'component',
  'basis',
  'unit',
  'quantity',
  'unit price',
  'min',
  'typical',
  'max',
  'price date',
  'price source',
];

/** One row for each line; resources without lines keep a row, so that none disappears. */
export function renderCsv(report: Report): string {
  const rows = report.forecast.resources.flatMap((resource) => {
    const start = [resource.address, resource.type, resource.status];
    if (resource.lines.length === 0) return [[...start, '', '', resource.reasons.join('; '), '', '', '', '0', '0', '0', '', '']];
    return resource.lines.map((line) => [
      ...start,
      line.category,
      line.component,
      line.basis,
      line.unit,
      line.quantity === null ? '' : decimalMicro(line.quantity.typical),
      linePrice(line),
      decimalUsd(line.monthly.min),
      decimalUsd(line.monthly.typical),
      decimalUsd(line.monthly.max),
      line.prices?.typical.date ?? '',
      line.prices?.typical.source ?? '',
    ]);
  });
  return `${[header, ...rows].map((row) => row.map(field).join(',')).join('\r\n')}\r\n`;
}
