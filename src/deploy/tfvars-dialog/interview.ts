import type { Environment } from '../target.ts';
import type { Tfvars, TfvarsValue } from '../tfvars.ts';
import { isUnset, type Field } from './field.ts';
import type { Choice } from './hints.ts';
import { faultOf, parseAnswer, valueFault } from './parse-answer.ts';

/** How questions reach a person. Every answer is a text as `parseAnswer` reads it. */
export interface Asker {
  text(question: string, initial: string, fault: (text: string) => string | undefined): Promise<string>;
  /** One of the choices, or another text. */
  choose(question: string, choices: readonly Choice[], initial: string): Promise<string | undefined>;
  /** Two or more of them. */
  chooseSome(question: string, choices: readonly Choice[], initial: readonly string[]): Promise<readonly string[]>;
  confirm(question: string, initial: boolean): Promise<boolean>;
}

export interface Interview {
  fields: readonly Field[];
  environment: Environment;
  /** Of the file that is there. */
  before: Tfvars;
  /** Not asked for. */
  given: Tfvars;
  /** Null: everything is taken as it stands, or as it is by default. */
  asker: Asker | null;
  /** What there is to choose for a field; null: nothing is known. */
  choices(name: string, answers: Tfvars): Promise<readonly Choice[] | null>;
}

/** Goes through the fields: what is given, else asked, else as before, else the default. What nobody was asked is not checked. */
export async function interview({ fields, environment, before, given, asker, choices }: Interview): Promise<Tfvars> {
  // Rules look at other answers, also at those that come later.
  const answers: Record<string, TfvarsValue> = { ...before, ...given };
  for (const field of fields) {
    const { name, needs } = field;
    const isGiven = given[name] !== undefined;
    if (needs !== undefined && isUnset(answers[needs]) && !isGiven) {
      delete answers[name];
      continue;
    }
    const value = answers[name] ?? field.fallback?.(environment, answers);
    const isAsked = asker !== null && !isGiven && field.isAsked(answers);
    if (isAsked) answers[name] = await ask(asker, field, { initial: initialOf(field, environment, answers), answers, choices });
    else if (value !== undefined) answers[name] = value;
  }
  return answers;
}

/** What is offered: what stood there, unless another answer has made it wrong. */
function initialOf(field: Field, environment: Environment, answers: Tfvars): TfvarsValue | undefined {
  const standing = answers[field.name];
  const isRight = standing !== undefined && valueFault(field, standing, answers) === undefined;
  return isRight ? standing : (field.fallback?.(environment, answers) ?? standing);
}

interface Question {
  initial: TfvarsValue | undefined;
  answers: Tfvars;
  choices: Interview['choices'];
}

async function ask(asker: Asker, field: Field, { initial, answers, choices }: Question): Promise<TfvarsValue> {
  const { kind, name, question } = field;
  if (kind === 'boolean') return asker.confirm(question, initial === true);
  const known = await choices(name, answers);
  const chosen = known === null ? undefined : await choose(asker, field, { initial, answers, known });
  if (chosen !== undefined) return chosen;
  const shown = Array.isArray(initial) ? initial.join(', ') : String(initial ?? '');
  const text = await asker.text(question, shown, (typed) => faultOf(field, typed, answers));
  return parseAnswer(field, text) ?? null;
}

/** Asks until the choice is right; undefined: another text is wanted. */
async function choose(
  asker: Asker,
  field: Field,
  { initial, answers, known }: Omit<Question, 'choices'> & { known: readonly Choice[] },
): Promise<TfvarsValue | undefined> {
  let question = field.question;
  for (;;) {
    const chosen =
      field.kind === 'list'
        ? await asker.chooseSome(question, known, (initial ?? []) as readonly string[])
        : await asker.choose(question, known, String(initial));
    const fault = chosen === undefined ? undefined : valueFault(field, chosen, answers);
    if (fault === undefined) return chosen;
    question = `${field.question} (${fault})`;
  }
}
