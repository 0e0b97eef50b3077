import snapshot from './book.json' with { type: 'json' };
import { bookSchema, createBook, type PriceBook } from './book.ts';

/** The price book that ships with the package. */
export function bundledBook(): PriceBook {
  return createBook(bookSchema.parse(snapshot));
}
