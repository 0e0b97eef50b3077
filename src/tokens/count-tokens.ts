import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';

/**
 * Tokens of a text in OpenAI's o200k encoding. Models with other vocabularies have more: by about 5 % Llama 3, by up to 28 % Llama 2 and
 * Phi-3. So what is too long by this count is too long; what is not may still be. Loaded at first use: the encoding takes 60 MB.
 */
export function countTokens(text: string): number {
  return countO200k(text, { allowedSpecial: 'all' });
}
