/** What one round of one peer gave. A value is absent when it could not be measured, never zero. */
export type Sample = {
  startS?: number | undefined;
  idleMb?: number | undefined;
  requestsPerSecond?: number | undefined;
  p50Ms?: number | undefined;
  p99Ms?: number | undefined;
  cpuUsPerRequest?: number | undefined;
  failedRequests?: number | undefined;
  serialP50Ms?: number | undefined;
  serialP99Ms?: number | undefined;
  fewTtftP50Ms?: number | undefined;
  fewTtftP99Ms?: number | undefined;
  manyComplete?: number | undefined;
  manyAsked?: number | undefined;
  manyTtftP50Ms?: number | undefined;
  manyTtftP99Ms?: number | undefined;
  manyGapP99Ms?: number | undefined;
  manyWallS?: number | undefined;
  cpuUsPerChunk?: number | undefined;
  loadedMb?: number | undefined;
  abortsLeft?: number | undefined;
  abortsSeen?: number | undefined;
  abortP50Ms?: number | undefined;
  abortMaxMs?: number | undefined;
};

/** One number of a sample. */
export type Metric = keyof Sample;

/** All rounds of one peer; `version` is absent where it is not installed, `failure` says why a round was given up. */
export type PeerRecord = { peer: string; version: string | undefined; samples: Sample[]; failure?: string };
