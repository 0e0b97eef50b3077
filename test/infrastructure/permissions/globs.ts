/** Whether a pattern with `*` and `?` covers a text. */
export function covers(pattern: string, text: string): boolean {
  const expression = [...pattern].map((sign) => (sign === '*' ? '.*' : sign === '?' ? '.' : sign.replace(/[^\w]/, '\\$&')));
  return new RegExp(`^${expression.join('')}$`, 's').test(text);
}

/** Whether there is a text that both patterns cover. */
export function canMeet(left: string, right: string): boolean {
  // What is left of each is a state; `*` may stand for nothing or go on.
  const known = new Set<string>();
  const open: [number, number][] = [[0, 0]];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const [i, j] = state;
    if (i === left.length && j === right.length) return true;
    if (known.has(`${i},${j}`)) continue;
    known.add(`${i},${j}`);
    const [a, b] = [left[i], right[j]];
    if (a === '*') open.push([i + 1, j]);
    if (b === '*') open.push([i, j + 1]);
    if (a === '*' && b !== undefined) open.push([i, j + 1]);
    if (b === '*' && a !== undefined) open.push([i + 1, j]);
    if (a !== undefined && b !== undefined && (a === b || a === '?' || b === '?')) open.push([i + 1, j + 1]);
  }
  return false;
}

/** The six parts of an ARN; the last one may hold colons. */
export function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** The same of ARNs, where no wildcard reaches over a colon between parts. `*` alone stands for all of them. */
export function coversArn(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const [patterns, parts] = [partsOf(pattern), partsOf(arn)];
  return patterns.length === parts.length && patterns.every((part, index) => covers(part, parts[index] ?? ''));
}

/** Whether there is an ARN that both patterns cover. */
export function arnsCanMeet(left: string, right: string): boolean {
  if (left === '*' || right === '*') return true;
  const [some, others] = [partsOf(left), partsOf(right)];
  return some.length === others.length && some.every((part, index) => canMeet(part, others[index] ?? ''));
}
