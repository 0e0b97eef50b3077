import type { Price } from './price.ts';
import { findPrice } from './price-table.ts';

/** What the configuration says of a price, amounts in nano-dollars. Tokens, or the hour of a machine. */
export type ConfiguredPrice =
  | {
      inputUsdPerMillionTokens: number;
      outputUsdPerMillionTokens?: number | undefined;
      cachedInputUsdPerMillionTokens?: number | undefined;
      usdPerRequest?: number | undefined;
    }
  | { usdPerHour: number; tokensPerSecond: number };

interface MachineHour {
  usdPerHourNano: number;
  /** Throughput at the usual load, prompt and answer together. */
  tokensPerSecond: number;
}

/**
 * What a token costs on a machine that is paid by the hour and kept busy: the hour's price over the tokens of an hour, prompt and answer
 * alike. An idle machine costs more for each token than this says.
 */
export function gpuHourPrice({ usdPerHourNano, tokensPerSecond }: MachineHour): Price {
  const perMillion = Math.round((usdPerHourNano / (tokensPerSecond * 3600)) * 1e6);
  return { inputNanoUsd: perMillion, outputNanoUsd: perMillion, cachedInputNanoUsd: null, requestNanoUsd: 0 };
}

/** The price of a backend: as configured, else from the shipped table (`findPrice`), else null: its use is counted and not charged. */
export function priceOf(configured: ConfiguredPrice | undefined, provider: string, upstreamModel: string): Price | null {
  if (configured === undefined) return findPrice(provider, upstreamModel);
  if ('usdPerHour' in configured) {
    return gpuHourPrice({ usdPerHourNano: configured.usdPerHour, tokensPerSecond: configured.tokensPerSecond });
  }
  return {
    inputNanoUsd: configured.inputUsdPerMillionTokens,
    outputNanoUsd: configured.outputUsdPerMillionTokens ?? 0,
    cachedInputNanoUsd: configured.cachedInputUsdPerMillionTokens ?? null,
    requestNanoUsd: configured.usdPerRequest ?? 0,
  };
}
