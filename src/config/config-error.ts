/** One thing wrong in a configuration file. */
export interface Finding {
  /** 1-based; null where the fault has no place (a missing file). */
  line: number | null;
  /** Path of the key, e.g. `models[0].backends[1].baseUrl`; empty for the whole file. */
  path: string;
  message: string;
  /** The file, where it is not the one that was read but one that it includes. */
  file?: string;
}

/** A configuration that cannot be used, with everything that is wrong in it. */
export class ConfigError extends Error {
  readonly findings: readonly Finding[];

  constructor(file: string, findings: readonly Finding[]) {
    super(formatFindings(file, findings));
    this.name = 'ConfigError';
    this.findings = findings;
  }
}

/** Findings one a line: `sluice.yaml:14  models[2].baseUrl: message`. `file` is the one that was read. */
export function formatFindings(file: string, findings: readonly Finding[]): string {
  return findings
    .map(
      ({ file: own, line, path, message }) =>
        `${own ?? file}${line === null ? '' : `:${line}`}  ${path && `${path}: `}${message}`,
    )
    .join('\n');
}
