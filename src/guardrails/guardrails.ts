import { GatewayError } from '../errors.ts';
import { buildRules, type DetectorSources } from './build-rules.ts';
import { GuardSession, type SessionDependencies } from './guard-session.ts';
import { bindSteps, type GuardStep, type RulesStep } from './guard-step.ts';
import type { GuardrailSettings } from './settings.ts';
import type { PassRules } from './text-pass.ts';

/** What decides which guardrails run for a request. */
export interface GuardQuery {
  /** The request model. */
  model: string;
  keyAlias: string | null;
  teamId: string | null;
  /** Guardrails of the key, the team and whoever else may demand them. */
  required: readonly string[];
  /** Those that the request asks for. */
  requested: readonly string[];
}

/** The guardrails of the configuration. Detectors are built once; a session for each request that needs one. */
export class Guardrails {
  readonly #steps: readonly GuardStep[];
  readonly #deps: SessionDependencies;
  /** By the names of the guardrails that they come from. */
  readonly #outputRules = new Map<string, PassRules>();

  /** @throws Error naming the guardrail whose detectors cannot be built */
  constructor(
    settings: readonly GuardrailSettings[],
    sources: DetectorSources,
    dependencies: Omit<SessionDependencies, 'outputRules'>,
  ) {
    this.#deps = { ...dependencies, outputRules: (steps) => this.#outputRulesOf(steps) };
    this.#steps = settings.map((own): GuardStep => {
      if (own.kind === 'injection') return { kind: 'injection', settings: own };
      if (own.kind === 'webhook') return { kind: 'webhook', settings: own };
      try {
        return { kind: 'rules', settings: own, templates: buildRules(own, sources) };
      } catch (cause) {
        throw new Error(`guardrail "${own.name}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      }
    });
  }

  /**
   * The guardrails of one request, in the order of the configuration: those that always run for its model, key and team, and those that are
   * required or asked for by name. Null where there are none, and then nothing costs anything.
   * @throws GatewayError `bad_request` for a name that is asked for and unknown, `service_unavailable` for one that is required
   */
  forRequest({ model, keyAlias, teamId, required, requested }: GuardQuery): GuardSession | null {
    for (const name of requested) {
      if (!this.#has(name))
        throw new GatewayError('bad_request', `there is no guardrail "${name.slice(0, 200)}"`, { param: 'guardrails' });
    }
    for (const name of required) {
      if (this.#has(name)) continue;
      const message = `guardrail "${name}" is demanded for this key and not configured, so nothing may pass; its operator must add it`;
      throw new GatewayError('service_unavailable', message);
    }
    if (this.#steps.length === 0) return null;
    const steps = this.#steps.filter(({ settings }) => {
      if (required.includes(settings.name) || requested.includes(settings.name)) return true;
      return settings.always && isFor(settings.models, model) && isFor(settings.keys, keyAlias) && isFor(settings.teams, teamId);
    });
    return steps.length === 0 ? null : new GuardSession(steps, model, this.#deps);
  }

  #has(name: string): boolean {
    return this.#steps.some(({ settings }) => settings.name === name);
  }

  #outputRulesOf(steps: readonly RulesStep[]): PassRules {
    const names = steps.map(({ settings }) => settings.name).join('\n');
    let rules = this.#outputRules.get(names);
    if (rules === undefined) {
      rules = bindSteps(steps, { secret: this.#deps.secret, tokenFor: null });
      this.#outputRules.set(names, rules);
    }
    return rules;
  }
}

function isFor(selected: readonly string[], value: string | null): boolean {
  return selected.length === 0 || (value !== null && selected.includes(value));
}
