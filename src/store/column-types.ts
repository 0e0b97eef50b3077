/**
 * How columns are read whose usual reading would not suit us, by the type's number in PostgreSQL, for the server and the embedded database alike:
 * `bigint` and the `numeric` that sums of it give as numbers, a `date` as its text.
 */
export const columnReaders: Readonly<Record<number, (text: string) => unknown>> = {
  20: Number,
  1700: Number,
  1082: (text) => text,
};
