/** Completions of a text. */
export const textPath = '/v1/completions';

/** Answers in a conversation. */
export const chatPath = '/v1/chat/completions';

const tokens = 24;
const prompt = 'Count from one to twenty in words.';

/** A short completion, so that a check costs next to nothing. */
export const textRequest = (model: string, own: object = {}): object => ({
  model,
  prompt,
  max_tokens: tokens,
  temperature: 0,
  ...own,
});

/** A short conversation. */
export const chatRequest = (model: string, own: object = {}): object => ({
  model,
  messages: [{ role: 'user', content: prompt }],
  max_tokens: tokens,
  temperature: 0,
  ...own,
});

/** What cannot be a key of anybody. */
export const wrongKey = 'sk-sluice-doctor-this-is-no-key';
