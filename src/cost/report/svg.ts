import { describeBreakEven, logPlace, plottedModels, priceBounds } from '../tokens/draw.ts';
import type { TokenEconomics } from '../tokens/economics.ts';

const size = { width: 720, height: 360, left: 64, right: 200, top: 28, bottom: 44 };
const colours = ['#b4540a', '#0b6e4f', '#6b3fa0', '#a3123f'];

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Powers of ten, and their halves and fifths, inside a range. */
function ticks(low: number, high: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const factor of [1, 2, 5]) {
      const value = factor * 10 ** power;
      if (value >= low && value <= high) found.push(Number(value.toPrecision(1)));
    }
  }
  return found;
}

/** $ per million tokens over the volume, both logarithmic, as an SVG picture with a title for screen readers. */
export function renderSvg(tokens: TokenEconomics): string {
  const { low, high } = priceBounds(tokens);
  const first = tokens.curve[0]?.megatokens ?? 1;
  const right = size.width - size.right;
  const base = size.height - size.bottom;
  const x = (megatokens: number): number =>
    size.left + logPlace(megatokens, first, tokens.capacityMegatokens) * (right - size.left);
  const y = (dollars: number): number => base - logPlace(dollars, low, high) * (base - size.top);
  const at = (value: number): string => value.toFixed(1);
  const models = plottedModels(tokens);
  const labels = models.map((model) => y(model.dollarsPerMillion));
  for (const [index, place] of labels.entries()) {
    const above = labels[index - 1];
    if (above !== undefined && place - above < 14) labels[index] = above + 14;
  }
  const text = (left: number, top: number, content: string, extra = ''): string =>
    `<text x="${at(left)}" y="${at(top)}" ${extra}>${escapeXml(content)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" font-family="system-ui, sans-serif" font-size="11" fill="#333">`,
    `<title>${escapeXml(`Dollars per million tokens of ${tokens.instanceType} over the volume, against API prices`)}</title>`,
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    text(size.left, 16, '$ per 1M tokens', 'font-weight="600"'),
    ...ticks(low, high).flatMap((value) => [
      `<line x1="${size.left}" x2="${right}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="#e6e6e6"/>`,
      text(size.left - 6, y(value) + 4, `$${value}`, 'text-anchor="end"'),
    ]),
    ...ticks(first, tokens.capacityMegatokens).map((value) =>
      text(x(value), base + 16, value.toLocaleString('en-US'), 'text-anchor="middle"'),
    ),
    text((size.left + right) / 2, size.height - 8, 'million tokens a month', 'text-anchor="middle"'),
    ...models.flatMap((model, index) => [
      `<line x1="${size.left}" x2="${right}" y1="${at(y(model.dollarsPerMillion))}" y2="${at(y(model.dollarsPerMillion))}" stroke="${colours[index]}" stroke-dasharray="5 4"/>`,
      text(
        right + 6,
        (labels[index] ?? 0) + 4,
        `${model.model} $${model.dollarsPerMillion.toFixed(2)}`,
        `fill="${colours[index]}"`,
      ),
    ]),
    `<polyline fill="none" stroke="#1f5fbf" stroke-width="2.5" points="${tokens.curve.map((point) => `${at(x(point.megatokens))},${at(y(point.dollars / point.megatokens))}`).join(' ')}"/>`,
    ...models.flatMap((model, index) =>
      model.megatokens === null || model.megatokens < first
        ? []
        : [
            `<circle cx="${at(x(model.megatokens))}" cy="${at(y(model.dollarsPerMillion))}" r="4.5" fill="${colours[index]}"><title>${escapeXml(`${model.model}: ${describeBreakEven(model)}`)}</title></circle>`,
          ],
    ),
    text(size.left + 10, y((tokens.curve[0]?.dollars ?? 1) / first) + 2, 'this stack', 'fill="#1f5fbf" font-weight="600"'),
    '</svg>',
  ].join('\n');
}
