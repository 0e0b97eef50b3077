import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopScanner, TokenDecoder } from './text-stream.ts';

/** Cuts a list at these places, given as fractions. */
function split<Element>(whole: readonly Element[], cuts: readonly number[]): Element[][] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * whole.length)).sort((one, other) => one - other), whole.length];
  return places.slice(1).map((end, index) => whole.slice(places[index], end));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
/** Few letters, so that stop strings do occur. */
const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '🦆'), maxLength: 40 });
const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '🦆'), minLength: 1, maxLength: 5 }), { maxLength: 4 });

function scan(pieces: readonly string[], stops: readonly string[]): { text: string; isStopped: boolean; sent: string[] } {
  const scanner = new StopScanner(stops);
  const sent = pieces.map((piece) => scanner.push(piece));
  sent.push(scanner.end());
  return { text: sent.join(''), isStopped: scanner.isStopped, sent };
}

describe('StopScanner', () => {
  it('gives the same text however it comes in pieces', () => {
    fc.assert(
      fc.property(letters, stops, cuts, (text, stops, cuts) => {
        const pieces = split([...text], cuts).map((part) => part.join(''));
        const { text: whole, isStopped } = scan([text], stops);
        expect(scan(pieces, stops)).toMatchObject({ text: whole, isStopped });
      }),
    );
  });

  it('gives what stands before the first stop string, and no part of that', () => {
    fc.assert(
      fc.property(letters, stops, cuts, (text, stops, cuts) => {
        const pieces = split([...text], cuts).map((part) => part.join(''));
        const { text: out, isStopped } = scan(pieces, stops);
        expect(stops.some((stop) => out.includes(stop))).toBe(false);
        expect(isStopped).toBe(stops.some((stop) => text.includes(stop)));
        if (isStopped) expect(stops.some((stop) => text.startsWith(out + stop))).toBe(true);
        else expect(out).toBe(text);
      }),
    );
  });

  it('holds back only what may become a stop string', () => {
    expect(scan(['one tw', 'o three', ' fo'], ['two!', 'four']).sent).toEqual(['one ', 'two three', ' ', 'fo']);
  });

  it('keeps what comes behind the stop string', () => {
    const scanner = new StopScanner(['<call>']);
    expect([scanner.push('a<ca'), scanner.push('ll>b'), scanner.rest, scanner.push('c')]).toEqual(['a', '', 'b', '']);
  });
});

describe('TokenDecoder', () => {
  const decodeBytes = (tokens: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(tokens));
  const words = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '🦆'), maxLength: 20 });

  it('gives whole characters only, and all of them, when every byte is a token', () => {
    fc.assert(
      fc.property(words, (text) => {
        const decoder = new TokenDecoder<number>(decodeBytes, []);
        const pieces = [...Buffer.from(text)].map((byte) => decoder.push(byte));
        pieces.push(decoder.end());
        expect(pieces.join('')).toBe(text);
        expect(pieces.some((piece) => piece.includes('\uFFFD'))).toBe(false);
      }),
    );
  });

  it('drops a character that never became whole', () => {
    const decoder = new TokenDecoder<number>(decodeBytes, []);
    const pieces = [...Buffer.from('a🦆').subarray(0, 3)].map((byte) => decoder.push(byte));
    expect([...pieces, decoder.end()].join('')).toBe('a');
  });

  it('does not hold back for ever what is no UTF-8', () => {
    const decoder = new TokenDecoder<number>(decodeBytes, []);
    expect([255, 255, 255, 255, 255].map((byte) => decoder.push(byte)).join('')).not.toBe('');
  });

  it('tells the detokeniser what came before', () => {
    const seen: string[] = [];
    const decoder = new TokenDecoder<string>(
      (tokens, before) => {
        seen.push(before.join(''));
        return tokens.join('');
      },
      ['p', 'q', 'r', 's'],
    );
    for (const token of ['a', 'b', 'c', 'd']) decoder.push(token);
    expect(seen).toEqual(['qrs', 'rsa', 'sab', 'abc']);
  });
});
