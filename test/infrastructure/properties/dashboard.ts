import { resourcesOf, type PlanJson } from './plan.ts';

const required = [
  'RequestLatencyP50',
  'RequestLatencyP95',
  'RequestLatencyP99',
  'RequestsPerSecond',
  'GPUUtilization',
  'ActiveInstances',
  'EstimatedCost',
] as const;

interface Widget {
  type?: string;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  properties?: { title?: string; region?: string; metrics?: unknown[][] };
}

const widgetsIn = (body: unknown): Widget[] => (JSON.parse(String(body)) as { widgets: Widget[] }).widgets;

/** What an expression names besides functions and numbers: `instances`, `requests`. */
const namesIn = (expression: string): string[] =>
  [...expression.matchAll(/(?<![\w.])([a-z]\w*)\b(?!\s*\()/g)].flatMap(([, name]) => name ?? []);

/** Metric math that names what its widget does not have, or numbers that CloudWatch does not read. */
function brokenExpressions({ properties }: Widget): string[] {
  const options = (properties?.metrics ?? []).flatMap((row) =>
    row.filter((cell): cell is Record<string, unknown> => typeof cell === 'object' && cell !== null),
  );
  const ids = new Set(options.flatMap(({ id }) => (typeof id === 'string' ? [id] : [])));
  return options.flatMap(({ expression }) => {
    if (typeof expression !== 'string') return [];
    const missing = namesIn(expression).filter((name) => !ids.has(name));
    return [
      ...missing.map((name) => `${properties?.title ?? ''}: the expression names ${name}, which is not in the widget`),
      ...(/\de[+-]?\d/i.test(expression)
        ? [`${properties?.title ?? ''}: ${expression} has a number that metric math does not read`]
        : []),
    ];
  });
}

function overlaps(widgets: readonly Widget[]): string[] {
  const cells = new Set<string>();
  const faults: string[] = [];
  for (const { x = 0, y = 0, width = 0, height = 0, properties } of widgets) {
    if (x + width > 24) faults.push(`${properties?.title ?? ''} is wider than the page`);
    for (let column = x; column < x + width; column += 1)
      for (let row = y; row < y + height; row += 1) {
        if (cells.has(`${column} ${row}`)) return [...faults, `${properties?.title ?? ''} covers another widget`];
        cells.add(`${column} ${row}`);
      }
  }
  return faults;
}

/** Whether what is drawn carries the name: by the label of a line that is shown. */
const shows = ({ properties }: Widget, name: string): boolean =>
  properties?.title === name &&
  (properties.metrics ?? []).some((row) => row.some((cell) => (cell as { label?: string } | null)?.label === name));

/** Property 6: what the dashboards of a plan lack. `within` names the module of the dashboard; the plan must know the body. */
export function missingWidgets(plan: PlanJson, within = 'module.monitoring'): string[] {
  const boards = resourcesOf(plan, 'aws_cloudwatch_dashboard').filter(({ moduleAddress }) => moduleAddress === within);
  if (boards.length !== 1) return [`${within} has ${boards.length} dashboards`];
  return boards.flatMap(({ address, values }) => {
    const body = values['dashboard_body'];
    if (typeof body !== 'string') return [`${address} has a body that is not known before an apply`];
    const widgets = widgetsIn(body);
    return [
      ...required
        .filter((name) => !widgets.some((widget) => shows(widget, name)))
        .map((name) => `${address} has no widget ${name}`),
      ...widgets.flatMap(brokenExpressions),
      ...overlaps(widgets),
    ];
  });
}
