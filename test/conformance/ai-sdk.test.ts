import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embed, embedMany, generateText, Output, streamText, tool } from 'ai';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { overBackends } from './support/suite.ts';

const River = z.object({ name: z.string().max(12), kilometres: z.int() });
const short = { prompt: 'Name a river.', temperature: 0, maxOutputTokens: 40, maxRetries: 0 };

overBackends(({ backend: { can }, baseUrl }) => {
  const provider = () =>
    createOpenAICompatible({ name: 'sluice', baseURL: baseUrl(), supportsStructuredOutputs: true, includeUsage: true });

  test('generateText', async () => {
    const { text, usage, finishReason, response } = await generateText({ ...short, model: provider()('tiny') });
    expect(text).not.toBe('');
    if (can.answer !== null) expect({ text, finishReason }).toEqual({ text: can.answer, finishReason: 'stop' });
    expect(usage.outputTokens).toBeGreaterThan(0);
    expect(response.modelId).toBe('tiny');
  });

  test('streamText', async () => {
    const result = streamText({ ...short, model: provider()('tiny') });
    let text = '';
    for await (const piece of result.textStream) text += piece;
    expect(text).toBe((await generateText({ ...short, model: provider()('tiny') })).text);
    expect((await result.usage).inputTokens).toBeGreaterThan(3);
    expect(await result.finishReason).not.toBe('error');
  });

  test('structured output', async () => {
    const { output } = await generateText({
      ...short,
      maxOutputTokens: 200,
      model: provider()('tiny'),
      output: Output.object({ schema: River }),
    });
    expect(River.parse(output)).toEqual(output);
  });

  test('a forced tool call', async () => {
    if (!can.namedTool || !can.schemaArguments) return;
    const weather = tool({
      description: 'The weather of a city',
      inputSchema: z.object({ city: z.string().max(10) }),
      execute: ({ city }) => `Rain in ${city}`,
    });
    const { toolCalls } = await generateText({
      ...short,
      maxOutputTokens: 200,
      model: provider()('tiny'),
      tools: { weather },
      toolChoice: { type: 'tool', toolName: 'weather' },
    });
    expect(toolCalls).toMatchObject([{ toolName: 'weather', input: { city: expect.any(String) } }]);
  });

  test('embed and embedMany', async () => {
    if (!can.embeddings) return;
    const model = provider().embeddingModel('tiny-embed');
    const { embedding } = await embed({ model, value: 'lock gate', maxRetries: 0 });
    const { embeddings } = await embedMany({ model, values: ['lock gate', 'narrow boat'], maxRetries: 0 });
    expect(embedding.length).toBeGreaterThan(100);
    expect(embeddings[0]).toEqual(embedding);
  });

  test('an unknown model is an APICallError that shows our message and need not be retried', async () => {
    const call = generateText({ ...short, model: provider()('nobody') });
    await expect(call).rejects.toSatisfy(
      (error) => APICallError.isInstance(error) && error.statusCode === 404 && !error.isRetryable && /nobody/.test(error.message),
    );
  });

  test('an error of a stream reaches its handler', async () => {
    const errors: unknown[] = [];
    const result = streamText({
      ...short,
      prompt: 'The keeper counts every boat. '.repeat(1_000),
      model: provider()('tiny'),
      onError: ({ error }) => void errors.push(error),
    });
    await result.consumeStream();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ statusCode: 400, message: expect.stringContaining('tokens') });
  });

  test('an abort signal ends a stream', async () => {
    const controller = new AbortController();
    const result = streamText({
      ...short,
      temperature: 1,
      maxOutputTokens: 400,
      model: provider()('tiny'),
      abortSignal: controller.signal,
    });
    let pieces = 0;
    for await (const _piece of result.textStream) if (++pieces === 2) controller.abort();
    expect(pieces).toBeLessThan(20);
  });
});
