import type { BookFile } from './book.ts';

/** A book as text with one row a line, so that a refresh is a readable diff. */
export function renderBook(book: BookFile): string {
  const parts = Object.entries(book).map(([key, value]) => {
    const isRows = Array.isArray(value) && value.some((item) => typeof item === 'object');
    const text = isRows ? `[\n${value.map((item) => `  ${JSON.stringify(item)}`).join(',\n')}\n ]` : JSON.stringify(value);
    return ` ${JSON.stringify(key)}: ${text}`;
  });
  return `{\n${parts.join(',\n')}\n}\n`;
}
