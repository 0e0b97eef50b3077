import { ChatOpenAI, type ChatOpenAIFields, OpenAIEmbeddings } from '@langchain/openai';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { overBackends } from './support/suite.ts';

const River = z.object({ name: z.string().max(12), kilometres: z.int() });

overBackends(({ backend: { can }, baseUrl }) => {
  const settings = () => ({ apiKey: 'unused', maxRetries: 0, configuration: { baseURL: baseUrl() } });
  const chat = (fields: Partial<ChatOpenAIFields> = {}) =>
    new ChatOpenAI({ ...settings(), model: 'tiny', temperature: 0, maxTokens: 40, ...fields });

  test('invoke', async () => {
    const answer = await chat().invoke('Name a river.');
    if (can.answer !== null) expect(answer.text).toBe(can.answer);
    expect(answer.usage_metadata).toMatchObject({ total_tokens: expect.any(Number) });
    expect(answer.response_metadata['model_name']).toBe('tiny');
  });

  test('stream', async () => {
    let text = '';
    let usages = 0;
    for await (const chunk of await chat({ streamUsage: true }).stream('Name a river.')) {
      text += chunk.text;
      if (chunk.usage_metadata) usages++;
    }
    expect(text).toBe((await chat().invoke('Name a river.')).text);
    expect(usages).toBe(1);
  });

  test('withStructuredOutput by JSON schema', async () => {
    const river = await chat({ maxTokens: 200 })
      .withStructuredOutput(River, { name: 'river', method: 'jsonSchema' })
      .invoke('Name a river.');
    expect(River.parse(river)).toEqual(river);
  });

  test('withStructuredOutput by a function call', async () => {
    if (!can.namedTool || !can.schemaArguments) return;
    const river = await chat({ maxTokens: 200 })
      .withStructuredOutput(River, { name: 'river', method: 'functionCalling' })
      .invoke('Name a river.');
    expect(River.parse(river)).toEqual(river);
  });

  test('OpenAIEmbeddings', async () => {
    if (!can.embeddings) return;
    const embeddings = new OpenAIEmbeddings({ ...settings(), model: 'tiny-embed' });
    const [first, second] = await embeddings.embedDocuments(['lock gate', 'narrow boat']);
    expect(first!.length).toBeGreaterThan(100);
    expect(second).toHaveLength(first!.length);
    expect(await embeddings.embedQuery('lock gate')).toEqual(first);
  });

  test('an unknown model is told by name', async () => {
    await expect(chat({ model: 'nobody' }).invoke('Name a river.')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });
});
