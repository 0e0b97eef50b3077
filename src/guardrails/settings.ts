/** What is done with a value that was found. */
export type Action = 'mask' | 'hash' | 'replace' | 'block';

/** What every guardrail has, whatever its kind. */
interface CommonSettings {
  name: string;
  mode: 'input' | 'output' | 'both';
  /** Findings are counted and logged; nothing is changed or refused. */
  logOnly: boolean;
  /** What happens to the request when the guardrail itself fails. */
  onError: 'closed' | 'open';
  /** Runs for every request that it selects, whether or not it is asked for. */
  always: boolean;
  /** Request models, key aliases and team ids that it is for; empty: all. */
  models: readonly string[];
  keys: readonly string[];
  teams: readonly string[];
}

/** Looks for values: built-in detectors, the operator's own patterns, and words. */
export interface RuleSettings extends CommonSettings {
  kind: 'pii' | 'patterns';
  detectors: readonly { kind: string; action: Action }[];
  /** Countries whose way of writing phone numbers is understood without a country code, ISO 3166-1 alpha-2. */
  phoneRegions: readonly string[];
  patterns: readonly { name: string; pattern: string; ignoreCase: boolean; action: Action }[];
  words: readonly { word: string; action: Action }[];
  /** What stands in the place of a masked value; `{KIND}` and `{kind}` stand for the kind found. */
  maskFormat: string;
  /** What stands in the place of a masked word. */
  wordMask: string;
}

/** Heuristics for attempts to overrule the operator's instructions. */
export interface InjectionSettings extends CommonSettings {
  kind: 'injection';
  /** Score from which a text is refused. */
  threshold: number;
}

/** A guardrail outside the gateway, asked over HTTP. */
export interface WebhookSettings extends CommonSettings {
  kind: 'webhook';
  url: string;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
}

/** One guardrail of the configuration, with its secrets revealed. */
export type GuardrailSettings = RuleSettings | InjectionSettings | WebhookSettings;
