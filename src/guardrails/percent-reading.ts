/** Printable ASCII as it is written in URLs: `%40` for `@` (RFC 3986, section 2.1). */
const encoded = /%[2-7][0-9A-Fa-f]/g;
const openEncoding = /%[2-7]?$/;
const lengthOfEncoding = 3;

/** A text with its percent-encoded characters read as what they stand for. */
export interface PercentReading {
  text: string;
  /** Where each unit of it stands in the source, and where the source ends. */
  starts: readonly number[];
}

/** The other reading of a text; null where nothing is encoded. */
export function percentReading(text: string): PercentReading | null {
  if (!text.includes('%')) return null;
  const parts: string[] = [];
  const starts: number[] = [];
  let at = 0;
  const take = (until: number) => {
    for (let unit = at; unit < until; unit++) starts.push(unit);
    parts.push(text.slice(at, until));
  };
  for (const { 0: code, index } of text.matchAll(encoded)) {
    take(index);
    starts.push(index);
    parts.push(String.fromCharCode(parseInt(code.slice(1), 16)));
    at = index + lengthOfEncoding;
  }
  if (at === 0) return null;
  take(text.length);
  starts.push(text.length);
  return { text: parts.join(''), starts };
}

/** Where an encoding begins that the end of the text cuts; the text's length where none is cut. */
export function openEncodingAt(text: string): number {
  return openEncoding.exec(text)?.index ?? text.length;
}
