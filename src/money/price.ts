/** What a backend costs, integer nano-dollars (1e-9 USD). */
export interface Price {
  /** Per million tokens. */
  inputNanoUsd: number;
  outputNanoUsd: number;
  /** Prompt tokens that the upstream had cached; null: as any other. */
  cachedInputNanoUsd: number | null;
  /** Per request, on top. */
  requestNanoUsd: number;
}

interface Tokens {
  promptTokens: number;
  completionTokens: number;
  /** Part of `promptTokens`. */
  cachedTokens: number;
}

/** Cost of a request in nano-dollars, exact and then rounded once, half up. */
export function costOf(price: Price, { promptTokens, completionTokens, cachedTokens }: Tokens): number {
  const cached = price.cachedInputNanoUsd === null ? 0 : Math.min(cachedTokens, promptTokens);
  const parts: readonly (readonly [number, number])[] = [
    [promptTokens - cached, price.inputNanoUsd],
    [cached, price.cachedInputNanoUsd ?? 0],
    [completionTokens, price.outputNanoUsd],
  ];
  let whole = price.requestNanoUsd;
  let rest = 0;
  for (const [tokens, perMillion] of parts) {
    // Split so that no product leaves the safe integers: tokens × (millions of nano-dollars) and tokens × (what is below a million).
    whole += tokens * Math.floor(perMillion / 1e6);
    rest += tokens * (perMillion % 1e6);
  }
  return whole + Math.floor((rest + 5e5) / 1e6);
}
