/**
 * A gate: whether a text holds at least `lengthUnits` characters in a row that `pattern` (a class of one ASCII character) knows. Looks at every
 * `lengthUnits`-th character first, so that prose costs next to nothing.
 */
export function hasRunOf(lengthUnits: number, pattern: RegExp): (text: string) => boolean {
  const isKnown = Uint8Array.from({ length: 0x80 }, (_, code) => Number(pattern.test(String.fromCharCode(code))));
  return (text) => {
    for (let probe = lengthUnits - 1; probe < text.length; probe += lengthUnits) {
      if (isKnown[text.charCodeAt(probe)] !== 1) continue;
      let start = probe;
      while (start > probe - lengthUnits + 1 && isKnown[text.charCodeAt(start - 1)] === 1) start--;
      let end = probe + 1;
      while (end - start < lengthUnits && isKnown[text.charCodeAt(end)] === 1) end++;
      if (end - start >= lengthUnits) return true;
    }
    return false;
  };
}
