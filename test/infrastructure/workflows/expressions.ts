/** What expressions may look up: `github`, `inputs`, `secrets`, `vars`, `steps`, `needs`, `env`, `matrix`, `runner`. */
export type Context = Readonly<Record<string, unknown>>;

type Value = string | number | boolean | object | null;

const tokens = /\s+|'(?:[^']|'')*'|&&|\|\||==|!=|[!()]|[\w.-]+/g;

/**
 * Evaluates an expression of GitHub's workflows, as far as ours go: properties, texts, `!`, `==`, `!=`, `&&`, `||`, parentheses and the functions
 * `always`, `success` and `cancelled` (of the context's `job`). What is not there is null, and null equals the empty text (GitHub Docs, "Evaluate
 * expressions in workflows and actions").
 */
export function evaluate(expression: string, context: Context): Value {
  const rest = (expression.match(tokens) ?? []).filter((token) => token.trim() !== '');
  if (rest.join('').length !== expression.replaceAll(/\s+(?=(?:[^']*'[^']*')*[^']*$)/g, '').length)
    throw new Error(`not understood: ${expression}`);

  const or = (): Value => {
    let value = and();
    while (rest[0] === '||') {
      rest.shift();
      const other = and();
      value = isTruthy(value) ? value : other;
    }
    return value;
  };
  const and = (): Value => {
    let value = comparison();
    while (rest[0] === '&&') {
      rest.shift();
      const other = comparison();
      value = isTruthy(value) ? other : value;
    }
    return value;
  };
  const comparison = (): Value => {
    const left = unary();
    if (rest[0] !== '==' && rest[0] !== '!=') return left;
    const isEqual = rest.shift() === '==';
    return (textOf(left) === textOf(unary())) === isEqual;
  };
  const unary = (): Value => {
    const token = rest.shift() ?? '';
    if (token === '!') return !isTruthy(unary());
    if (token === '(') {
      const value = or();
      if (rest.shift() !== ')') throw new Error(`no closing parenthesis: ${expression}`);
      return value;
    }
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (rest[0] === '(' && rest[1] === ')') {
      rest.splice(0, 2);
      return call(token, context);
    }
    if (token === 'true' || token === 'false') return token === 'true';
    return lookUp(token, context);
  };
  const value = or();
  if (rest.length > 0) throw new Error(`not understood: ${rest.join(' ')} in ${expression}`);
  return value;
}

function call(name: string, context: Context): boolean {
  const status = lookUp('job.status', context);
  if (name === 'always') return true;
  if (name === 'success') return status !== 'failure' && status !== 'cancelled';
  if (name === 'cancelled') return status === 'cancelled';
  throw new Error(`unknown function ${name}`);
}

function lookUp(path: string, context: Context): Value {
  let value: unknown = context;
  for (const part of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[part];
  return (value ?? null) as Value;
}

export const isTruthy = (value: Value): boolean => value !== null && value !== '' && value !== false && value !== 0;

const textOf = (value: Value): string => (value === null ? '' : String(value as string));

/** A text with its `${{ … }}` filled in. */
export const fillIn = (text: string, context: Context): string =>
  text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => textOf(evaluate(expression, context)));

/** Whether something with this condition runs. Without a function that looks at the job's status, only while nothing has failed. */
export function runs(condition: string | undefined, context: Context): boolean {
  const expression = (condition ?? 'success()').replace(/^\$\{\{(.*)\}\}$/s, '$1');
  const looksAtStatus = /\b(always|success|failure|cancelled)\(\)/.test(expression);
  return (looksAtStatus || call('success', context)) && isTruthy(evaluate(expression, context));
}
