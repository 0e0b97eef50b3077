import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LlamaContextSequence } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tinyModelAnswer, writeTinyModel } from '../tiny-model.ts';
import { generate, type GenerationRequest } from './generation.ts';
import { encodePrompt, loadModel, type LoadedModel } from './loaded-model.ts';

let folder: string;
let loaded: LoadedModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-generation-'));
  const modelPath = join(folder, 'tiny.gguf');
  await writeTinyModel(modelPath);
  const start = {
    type: 'start' as const,
    modelPath,
    modelName: 'tiny',
    contextTokens: 2048,
    parallel: 1,
    threads: 1,
    maxQueue: 1,
    token: '',
  };
  loaded = await loadModel(start, () => {});
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function request(text: string): GenerationRequest {
  return {
    prompt: encodePrompt(loaded.model, [text], true),
    maxTokens: undefined,
    sampling: { temperature: 0, topP: 1, seed: 1, frequencyPenalty: 0, presencePenalty: 0, logitBias: new Map() },
    stops: [],
    grammar: undefined,
    topLogprobs: undefined,
    dropsLeadingSpace: false,
    isAdmitted: false,
  };
}

/** The only sequence, as the next request will get it. */
async function theSequence(): Promise<LlamaContextSequence> {
  return await loaded.sequences.use({ signal: new AbortController().signal }, (sequence) => Promise.resolve(sequence));
}

describe('generate', () => {
  it('stops between two pieces of a long prompt, and keeps what it has read', async () => {
    const sequence = await theSequence();
    const gone = new AbortController();
    const read = sequence.evaluateWithoutGeneratingNewTokens.bind(sequence);
    const spy = vi.spyOn(sequence, 'evaluateWithoutGeneratingNewTokens').mockImplementation(async (tokens) => {
      await read(tokens);
      if (spy.mock.calls.length === 2) gone.abort(new Error('left'));
    });
    const long = request('x'.repeat(1000));
    await expect(generate(loaded, long, { signal: gone.signal, onPiece: () => {} })).rejects.toThrow('left');
    expect(spy.mock.calls.map(([tokens]) => tokens.length)).toEqual([128, 128]);
    spy.mockRestore();
    const end = await generate(loaded, long, { signal: new AbortController().signal, onPiece: () => {} });
    expect(end.cachedTokens).toBe(256);
  });

  it('stops after the token at which it was told to', async () => {
    const gone = new AbortController();
    const pieces: string[] = [];
    const onPiece = ({ text }: { text: string }): void => {
      pieces.push(text);
      if (pieces.length === 3) gone.abort(new Error('left'));
    };
    await expect(generate(loaded, request('<|assistant|>'), { signal: gone.signal, onPiece })).rejects.toThrow('left');
    expect(pieces).toEqual(['This', ' is', ' a']);
  });

  it('makes no token while the reader of the last one is busy', async () => {
    let isBusy = false;
    let text = '';
    const onPiece = async (piece: { text: string }): Promise<void> => {
      expect(isBusy).toBe(false);
      isBusy = true;
      text += piece.text;
      await new Promise((resolve) => setImmediate(resolve));
      isBusy = false;
    };
    await generate(loaded, request('<|assistant|>'), { signal: new AbortController().signal, onPiece });
    expect(text).toBe(tinyModelAnswer);
  });

  it('drops one leading space where it is asked to', async () => {
    const pieces: string[] = [];
    const onPiece = ({ text }: { text: string }): void => void pieces.push(text);
    await generate(loaded, { ...request('This'), dropsLeadingSpace: true }, { signal: new AbortController().signal, onPiece });
    expect(pieces.join('')).toBe(tinyModelAnswer.slice('This '.length));
  });
});
