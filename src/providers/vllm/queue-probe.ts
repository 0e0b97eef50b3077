import type { QueueProbe } from '../provider.ts';

const sample = /^vllm:num_requests_waiting(?:\{[^}]*\})?\s+(\S+)/gm;

/** vLLM's own metrics, which lie beside its API and need no key (vLLM 0.32, docs/usage/metrics.md). Of several engines in one server all count. */
export const vllmQueueProbe: QueueProbe = {
  toRequest: ({ baseUrl, headers }) => ({
    method: 'GET',
    url: `${baseUrl.replace(/\/v1$/, '')}/metrics`,
    headers: { accept: 'text/plain', ...headers },
    body: null,
  }),
  waitingOf: ({ status, body }) => {
    if (status !== 200) return 0;
    const values = [...body.toString('utf8').matchAll(sample)].map(([, value]) => Number(value));
    const sum = values.reduce((total, value) => total + value, 0);
    return Number.isFinite(sum) && sum > 0 ? Math.round(sum) : 0;
  },
};
