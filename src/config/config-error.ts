/** One thing wrong in a configuration file. */
export interface Finding {
  /** 1-based; null where the fault has no place (a missing file). */
  line: number | null;
  /** Path of the key, e.g. `models[0].backends[1].baseUrl`; empty for the whole file. */
  path: string;
  message: string;
}

/** A configuration that cannot be used, with everything that is wrong in it. */
export class ConfigError extends Error {
  readonly findings: readonly Finding[];

  constructor(file: string, findings: readonly Finding[]) {
    super(findings.map((finding) => formatFinding(file, finding)).join('\n'));
    this.name = 'ConfigError';
    this.findings = findings;
  }
}

/** `sluice.yaml:14  models[2].baseUrl: message` */
function formatFinding(file: string, { line, path, message }: Finding): string {
  return `${file}${line === null ? '' : `:${line}`}  ${path === '' ? '' : `${path}: `}${message}`;
}
