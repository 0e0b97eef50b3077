import type { BreakEven, TokenEconomics } from './economics.ts';

const width = 64;
const height = 14;

/** A positive number's place on a logarithmic scale from 0 to 1. */
export function logPlace(value: number, low: number, high: number): number {
  return (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low));
}

/** Models that the plots show: spread over the price range, at most four. */
export function plottedModels(tokens: TokenEconomics): BreakEven[] {
  const all = tokens.breakEvens;
  const picks = [0, 1 / 3, 2 / 3, 1].map((part) => all[Math.round(part * (all.length - 1))]);
  return [...new Set(picks)].filter((model) => model !== undefined);
}

/** The bounds of the vertical axis, $ per 1M tokens. */
export function priceBounds(tokens: TokenEconomics): { low: number; high: number } {
  const unit = tokens.curve.map((point) => point.dollars / point.megatokens);
  const models = plottedModels(tokens).map((model) => model.dollarsPerMillion);
  return { low: Math.min(...unit, ...models) / 1.3, high: Math.max(...unit, ...models) * 1.3 };
}

const short = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));

function plot(tokens: TokenEconomics): string[] {
  const { low, high } = priceBounds(tokens);
  const first = tokens.curve[0]?.megatokens ?? 1;
  const grid = Array.from({ length: height }, () => Array.from({ length: width }, () => ' '));
  const put = (column: number, dollars: number, mark: string): void => {
    const row = height - 1 - Math.round(logPlace(dollars, low, high) * (height - 1));
    const line = grid[row];
    if (line !== undefined && column >= 0 && column < width) line[column] = mark;
  };
  for (const [index, model] of plottedModels(tokens).entries())
    for (let column = 0; column < width; column += 2) put(column, model.dollarsPerMillion, String.fromCharCode(97 + index));
  for (const point of tokens.curve)
    put(
      Math.round(logPlace(point.megatokens, first, tokens.capacityMegatokens) * (width - 1)),
      point.dollars / point.megatokens,
      '*',
    );
  return [
    `$ per 1M tokens, from ${short(high)} down to ${short(low)}`,
    ...grid.map((line) => `  |${line.join('').trimEnd()}`),
    `  +${'-'.repeat(width)}`,
    `   ${short(first)}${`${short(tokens.capacityMegatokens)} million tokens a month`.padStart(width - short(first).length)}`,
    `  * this stack  ${plottedModels(tokens)
      .map((model, index) => `${String.fromCharCode(97 + index)} ${model.model} ($${model.dollarsPerMillion.toFixed(2)})`)
      .join('  ')}`,
  ];
}

/** `326 million tokens a month` or `never at these prices`. */
export function describeBreakEven(entry: BreakEven): string {
  return entry.megatokens === null
    ? 'never at these prices'
    : `from ${Math.ceil(entry.megatokens).toLocaleString('en-US')}M tokens a month`;
}

/** The token economics for a terminal. */
export function drawTokens(tokens: TokenEconomics): string[] {
  const percent = (value: number): string => `${Math.round(value * 100)} %`;
  return [
    `TOKENS (${tokens.instanceType} at $${tokens.dollarsPerHour}/h, ${tokens.tokensPerSecond} output tokens/s: ${tokens.tokensPerSecondSource})`,
    `  GPU hour alone, $ per 1M tokens at utilisation: ${tokens.gpuOnly.map((entry) => `${percent(entry.utilization)} $${entry.dollarsPerMillion.toFixed(2)}`).join(', ')}`,
    `  The whole stack never gets below $${tokens.asymptote.toFixed(2)} per 1M tokens`,
    '',
    ...plot(tokens),
    '',
    '  Break-even, price only (quality differs):',
    ...tokens.breakEvens.map(
      (entry) =>
        `    ${`${entry.provider} ${entry.model}`.padEnd(42)} $${entry.dollarsPerMillion.toFixed(3)}  ${describeBreakEven(entry)}`,
    ),
  ];
}
