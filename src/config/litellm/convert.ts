import { readFileSync } from 'node:fs';
import { isMap, parseDocument, stringify } from 'yaml';
import { ConfigError, formatFindings } from '../config-error.ts';
import { keyOf } from '../document-lines.ts';
import { isLitellmFile } from './dialect.ts';
import { toFinding } from './load-litellm.ts';
import { readSource } from './source.ts';
import { translate } from './translate.ts';
import type { Variables } from './translation.ts';

/**
 * A file of LiteLLM in our own form, as text. References stay references, so no secret of the environment enters it; what had no effect is
 * told in comments at its head.
 * @throws ConfigError with everything that is refused
 */
export function convertLitellm(text: string, file: string, environment: Variables): string {
  const { contents } = parseDocument(text);
  if (!isMap(contents) || !isLitellmFile(contents.items.map(keyOf))) {
    throw new ConfigError(file, [{ line: 1, path: '', message: 'is no configuration of LiteLLM: it has no model_list' }]);
  }
  const source = readSource(text, file, (path) => readFileSync(path, 'utf8'));
  const translation = translate(source.value, environment, 'convert');
  const refused = translation.refused.map((note) => toFinding(note, source));
  if (refused.length > 0) throw new ConfigError(file, refused);
  const warnings = translation.warnings.map((note) => toFinding(note, source));
  const dropped =
    warnings.length === 0
      ? []
      : ['What it says without effect here, or with another one:', ...formatFindings(file, warnings).split('\n')];
  const head = [`Made from ${file} by sluice config convert.`, ...dropped].map((line) => `# ${line}\n`).join('');
  return `${head}\n${stringify(translation.input, { lineWidth: 0 })}`;
}
