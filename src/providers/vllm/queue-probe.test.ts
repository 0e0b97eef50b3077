import { expect, test } from 'vitest';
import type { Target } from '../provider.ts';
import { vllmQueueProbe } from './queue-probe.ts';

const waitingOf = (text: string, status = 200) => vllmQueueProbe.waitingOf({ status, headers: {}, body: Buffer.from(text) });

test('the metrics lie beside the API', () => {
  const urlOf = (baseUrl: string) => vllmQueueProbe.toRequest({ baseUrl, headers: {} } as Target).url;
  expect(urlOf('http://engine:8001/v1')).toBe('http://engine:8001/metrics');
  expect(urlOf('http://engine:8001')).toBe('http://engine:8001/metrics');
});

test('requests that wait are read, of all engines of a server', () => {
  const text = [
    '# HELP vllm:num_requests_waiting Number of requests waiting to be processed.',
    '# TYPE vllm:num_requests_waiting gauge',
    'vllm:num_requests_waiting{engine="0",model_name="phi-3-mini"} 3.0',
    'vllm:num_requests_waiting{engine="1",model_name="phi-3-mini"} 1e+00',
    'vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 9.0',
    'vllm:num_requests_running{engine="0",model_name="phi-3-mini"} 7.0',
  ];
  expect(waitingOf(text.join('\n'))).toBe(4);
  expect(waitingOf('vllm:num_requests_waiting 2.0\n')).toBe(2);
});

test.each([
  '',
  'vllm:num_requests_waiting{a="b"} NaN',
  'vllm:num_requests_waiting many',
  '<html>',
  'vllm:num_requests_waiting -1',
])('%j says that nobody waits', (text) => {
  expect(waitingOf(text)).toBe(0);
});

test('a refusal says nothing', () => {
  expect(waitingOf('vllm:num_requests_waiting 2.0\n', 404)).toBe(0);
});
