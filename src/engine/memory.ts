import { totalmem } from 'node:os';
import { sizeOf } from './cache.ts';
import type { ResolvedModel } from './resolver.ts';

/** Memory that this process and its children may take: the machine's, or less in a container. */
export function allowedMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** A sentence that says so when the machine clearly has too little memory for the model; empty otherwise. */
export async function memoryHint(model: ResolvedModel, allowedBytes: number): Promise<string> {
  const neededBytes = model.known?.memoryBytes ?? (await sizeOf(model.path)) * 1.2;
  if (neededBytes <= allowedBytes) return '';
  const [needed, allowed] = [neededBytes, allowedBytes].map((bytes) => `${(bytes / 1e9).toFixed(1)} GB`);
  return (
    `; ${model.name} needs about ${needed} of memory with the default settings and ${allowed} is all there is here: choose a smaller model, ` +
    'or lower engine.parallel or engine.contextTokens'
  );
}
