import { GatewayError } from '../errors.ts';
import type { StreamFilter } from '../providers/provider.ts';
import type { JsonObject } from '../wire/parse.ts';
import { visitAnswerTexts } from './answer-texts.ts';
import { contentBlocked } from './blocked.ts';
import { restoringRule } from './build-rules.ts';
import { GuardReport, type Direction } from './findings.ts';
import { bindSteps, type GuardStep, type RulesStep } from './guard-step.ts';
import { injectionScore } from './injection.ts';
import { holdsTokenIds, visitTexts, wantsJson, type TextVisitor } from './request-texts.ts';
import { RuleSet } from './rule-set.ts';
import type { Rule } from './rule.ts';
import type { GuardrailSettings, WebhookSettings } from './settings.ts';
import { StreamChannels } from './stream-channels.ts';
import { guardrailFailure, TextPass, type PassRules } from './text-pass.ts';
import { TokenVault } from './token-vault.ts';
import { askWebhook, type Collects } from './webhook.ts';

/** What a session needs from outside. */
export interface SessionDependencies {
  transport: Collects;
  /** For hashes and tokens. */
  secret: Buffer;
  /** The rules of answers, which are the same for every request. */
  outputRules: (steps: readonly RulesStep[]) => PassRules;
}

/** Lets a visitor go over all texts, in order and in place. */
type VisitAll = (visit: TextVisitor) => void;

const injectionKind = 'prompt_injection';

/** The guardrails of one request, from its parsed body to the end of its answer. */
export class GuardSession {
  readonly report: GuardReport;
  readonly #steps: readonly GuardStep[];
  readonly #model: string;
  readonly #deps: SessionDependencies;
  readonly #vault: TokenVault;
  #isJsonWanted = false;

  constructor(steps: readonly GuardStep[], model: string, dependencies: SessionDependencies) {
    this.#steps = steps;
    this.#model = model;
    this.#deps = dependencies;
    this.#vault = new TokenVault(dependencies.secret);
    this.report = new GuardReport(steps.map(({ settings }) => settings.name));
  }

  /** Whether a stream has to be had as a whole answer first, since a guardrail outside the gateway judges it. */
  get needsWholeAnswer(): boolean {
    return this.#stepsFor('output').some(({ kind }) => kind === 'webhook');
  }

  /**
   * Checks the parsed request and rewrites it in place. Call it once, before anything of it is sent.
   * @throws GatewayError `content_blocked`; `service_unavailable` where a guardrail outside gives no answer; `bad_request` for prompts that are
   * tokens, which no guardrail can read
   */
  async input(body: JsonObject): Promise<void> {
    this.#isJsonWanted = wantsJson(body);
    const steps = this.#stepsFor('input');
    const closed = steps.find(({ settings }) => settings.onError === 'closed' && !settings.logOnly);
    if (closed !== undefined && holdsTokenIds(body)) {
      const param = body['prompt'] === undefined ? 'input' : 'prompt';
      throw new GatewayError('bad_request', `guardrail "${closed.settings.name}" cannot read tokens; send text`, { param });
    }
    await this.#run(steps, 'input', (visit) => visitTexts(body, visit));
  }

  /**
   * Checks a whole answer and rewrites it in place.
   * @returns whether anything was changed
   * @throws GatewayError as `input` does
   */
  async answer(answer: JsonObject): Promise<boolean> {
    let isChanged = false;
    const visitAll: VisitAll = (visit) => {
      isChanged = visitAnswerTexts(answer, visit, this.#isJsonWanted) || isChanged;
    };
    await this.#run(this.#stepsFor('output'), 'output', visitAll);
    return isChanged;
  }

  /** A filter for one attempt to stream the answer; null where its text needs none. */
  streamFilter(): StreamFilter | null {
    const steps = this.#stepsFor('output').flatMap((step) => (step.kind === 'rules' ? [step] : []));
    const restoring = this.#restoring('output');
    if (steps.length === 0 && restoring.length === 0) return null;
    const pass = this.#pass(steps, 'output', restoring);
    return new StreamChannels((isJson) => pass.filter(isJson), this.#isJsonWanted);
  }

  #stepsFor(direction: Direction): GuardStep[] {
    return this.#steps.filter(({ settings }) => settings.mode === direction || settings.mode === 'both');
  }

  /** Values come back last, so that no guardrail sees them in the answer. */
  #restoring(direction: Direction): readonly Rule[] {
    return direction === 'input' || this.#vault.isEmpty ? [] : [restoringRule(this.#vault)];
  }

  /** Neighbours that only look for values go over the texts together. */
  async #run(steps: readonly GuardStep[], direction: Direction, visitAll: VisitAll): Promise<void> {
    let waiting: RulesStep[] = [];
    for (const step of steps) {
      if (step.kind === 'rules') {
        waiting.push(step);
        continue;
      }
      this.#scanAll({ steps: waiting, direction, more: [] }, visitAll);
      waiting = [];
      try {
        if (step.kind === 'injection') this.#checkInjection(step, visitAll);
        else await this.#ask(step.settings, direction, visitAll);
      } catch (thrown) {
        this.#settleFailure(step.settings, thrown);
      }
    }
    this.#scanAll({ steps: waiting, direction, more: this.#restoring(direction) }, visitAll);
  }

  #scanAll({ steps, direction, more }: ScanAll, visitAll: VisitAll): void {
    if (steps.length === 0 && more.length === 0) return;
    const pass = this.#pass(steps, direction, more);
    try {
      visitAll((text, isJson, field) => pass.rewrite(text, isJson, field));
    } catch (thrown) {
      for (const { settings } of steps) this.#settleFailure(settings, thrown);
    }
  }

  #pass(steps: readonly RulesStep[], direction: Direction, more: readonly Rule[]): TextPass {
    const rules = direction === 'output' ? this.#deps.outputRules(steps) : this.#bind(steps);
    const acting = more.length === 0 ? rules.acting : new RuleSet([...rules.acting.rules, ...more]);
    return new TextPass({ ...rules, acting }, direction, this.report);
  }

  #bind(steps: readonly RulesStep[]): PassRules {
    return bindSteps(steps, { secret: this.#deps.secret, tokenFor: (kind, value) => this.#vault.tokenFor(kind, value) });
  }

  #checkInjection({ settings }: GuardStep & { kind: 'injection' }, visitAll: VisitAll): void {
    visitAll((text, _isJson, field) => {
      if (injectionScore(text) < settings.threshold) return text;
      const action = settings.logOnly ? 'log' : 'block';
      this.report.add({ guardrail: settings.name, kind: injectionKind, action, direction: 'input' });
      if (settings.logOnly) return text;
      throw contentBlocked({ guardrail: settings.name, direction: 'input', kinds: [injectionKind], field });
    });
  }

  async #ask(settings: WebhookSettings, direction: Direction, visitAll: VisitAll): Promise<void> {
    const texts: { field: string; text: string }[] = [];
    visitAll((text, _isJson, field) => {
      texts.push({ field, text });
      return text;
    });
    if (texts.length === 0) return;
    const question = { version: 1, guardrail: settings.name, direction, model: this.#model, texts } as const;
    const answer = await askWebhook(this.#deps.transport, settings, question);
    if (answer.verdict === 'allow') return;
    const kinds = answer.kinds ?? [];
    const action = settings.logOnly ? 'log' : answer.verdict === 'block' ? 'block' : 'mask';
    for (const kind of kinds.length === 0 ? ['other'] : kinds)
      this.report.add({ guardrail: settings.name, kind, action, direction });
    if (settings.logOnly) return;
    if (answer.verdict === 'block') throw contentBlocked({ guardrail: settings.name, direction, kinds, field: null });
    let at = 0;
    visitAll((text) => answer.texts?.[at++] ?? text);
  }

  #settleFailure(settings: GuardrailSettings, thrown: unknown): void {
    const error = guardrailFailure(settings.name, thrown);
    const isVerdict = error.code === 'content_blocked';
    if (isVerdict || (settings.onError === 'closed' && !settings.logOnly)) throw error;
    this.report.addFailure(settings.name);
  }
}

interface ScanAll {
  steps: readonly RulesStep[];
  direction: Direction;
  more: readonly Rule[];
}
