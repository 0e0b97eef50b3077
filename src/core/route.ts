import type { Backend, Model, ModelTable } from './model-table.ts';

/** A backend to try, and the model for which it answers (the one asked for, or a fallback). */
export interface Candidate {
  model: Model;
  backend: Backend;
}

interface RouteInput {
  model: Model;
  table: ModelTable;
  nowMs: number;
  /** 0 <= random() < 1. */
  random: () => number;
}

/**
 * The order in which backends are tried: those of the model by weight, then those of its fallbacks, model by model. Within a model the ones
 * where a request would have to wait come after the others, and the ones that are down or cooling last, but they do come: with nobody else left, trying
 * beats refusing.
 */
export function route({ model, table, nowMs, random }: RouteInput): Candidate[] {
  const [only] = model.backends;
  if (only !== undefined && model.backends.length === 1 && model.fallbacks.length === 0) return [{ model, backend: only }];
  const models = [model, ...model.fallbacks.flatMap((name) => table.find(name) ?? [])];
  return models.flatMap((candidateModel) => {
    const shuffled = shuffleByWeight(candidateModel.backends, random);
    const isAvoided = (backend: Backend) => backend.health.isAvoided(nowMs);
    const good = shuffled.filter((backend) => !isAvoided(backend));
    const isBusy = ({ queue }: Backend) => queue?.isBusy === true;
    const ordered = [...good.filter((backend) => !isBusy(backend)), ...good.filter(isBusy), ...shuffled.filter(isAvoided)];
    return ordered.map((backend) => ({ model: candidateModel, backend }));
  });
}

/** A random order in which each next one is drawn with probability proportional to its weight; weight 0 comes last, in given order. */
function shuffleByWeight(backends: readonly Backend[], random: () => number): readonly Backend[] {
  if (backends.length === 1) return backends;
  const rest = [...backends];
  const order: Backend[] = [];
  while (rest.length > 0) {
    const total = rest.reduce((sum, backend) => sum + backend.weight, 0);
    let point = random() * total;
    let index = rest.findIndex((backend) => backend.weight > 0 && (point -= backend.weight) < 0);
    // The sum was rounded up, so that the last one that has a weight is meant; or nobody left has one.
    if (index === -1) index = rest.findLastIndex(({ weight }) => weight > 0);
    order.push(...rest.splice(Math.max(0, index), 1));
  }
  return order;
}
