import { renderCsv } from './csv.ts';
import { renderHtml } from './html.ts';
import { renderInfracost } from './infracost.ts';
import { renderJson } from './json.ts';
import { renderMarkdown } from './markdown.ts';
import type { Report } from './report.ts';
import { renderTable } from './table.ts';

/** Format name → how it prints a report. */
export const formats: Readonly<Record<string, (report: Report) => string>> = {
  table: renderTable,
  json: renderJson,
  markdown: renderMarkdown,
  html: renderHtml,
  csv: renderCsv,
  'infracost-json': renderInfracost,
};
