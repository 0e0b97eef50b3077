/**
 * The tiny demo model: a llama-architecture GGUF of about 3 MB that is written, not trained. Its embedding is one-hot, its one block adds
 * nothing, and so its output matrix is a table of which token may follow which. It serves tests, and machines that can reach no model.
 */
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ensureFolder } from './model-file.ts';

/** The whole answer of the demo model at temperature 0, to any prompt that ends a turn. */
export const tinyModelAnswer = 'This is a tiny demo model: it only knows some words about canals, locks and boats.';

/** What it says at higher temperatures is mixed from these, word by word. `🦆` is written byte by byte, `~` is the space before it. */
const sentences = [
  'The lock keeper opens the upper gate while a narrow boat waits below.',
  'The keeper counts every boat, and each skipper waves back.',
  'A narrow boat leaves the lock and glides under the old bridge.',
  'A loaded barge needs more water than a rowing boat.',
  'Water fills the chamber until both gates open again.',
  'Water from the hills keeps the canal full all summer.',
  'Every morning a barge carries coal along the canal.',
  'Old barges carry grain and timber between quiet towns.',
  'When the chamber is full, the boat rises to the upper level.',
  'When the lower gates close, the water climbs slowly.',
  'Ducks sleep under the old bridge~🦆.',
  'Rain falls softly on the towpath; then the lock keeper closes the gate.',
  'Horses once pulled the barges along this towpath.',
  'In winter the canal freezes and all boats wait for spring.',
];

const special = { unknown: 0, bos: 1, eos: 2, firstByte: 3 };
const tokenType = { normal: 1, unknown: 2, control: 3, unused: 5, byte: 6 };
const roleTokens = ['<|system|>', '<|user|>', '<|assistant|>', '<|tool|>', '<|end|>'];
/** A full stop as an ordinary token, as prompts have it, begins another sentence; the byte of a full stop ends an answer. */
const goingOn = '.';
const punctuation = [goingOn, ',', ':', ';'];

const chatTemplate = [
  '{{ bos_token }}',
  '{% if tools %}{{ \'<|system|>Functions, called as <tool_call>{"name": …, "arguments": …}</tool_call>: \' }}',
  "{{ tools | tojson }}{{ '<|end|>' }}{% endif %}",
  "{% for message in messages %}{{ '<|' + message.role + '|>' + message.content }}",
  "{% for call in message.tool_calls or [] %}{{ '<tool_call>' + call.function | tojson + '</tool_call>' }}{% endfor %}",
  "{{ '<|end|>' }}{% endfor %}",
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
].join('');

interface Vocabulary {
  tokens: string[];
  types: number[];
  idOf: Map<string, number>;
}

/**
 * Writes the tiny demo model to `path`, making its folder. The bytes are the same on every run. Takes well under a second.
 * A file that exists is replaced in one step, so that two processes may write it at once.
 */
export async function writeTinyModel(path: string): Promise<void> {
  await ensureFolder(dirname(path));
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, buildTinyModel());
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function buildTinyModel(): Buffer {
  const vocabulary = buildVocabulary();
  const size = vocabulary.tokens.length;
  const head = 32;
  const tensors: Tensor[] = [
    { name: 'token_embd.weight', shape: [size, size], data: identity(size) },
    ...['attn_norm', 'ffn_norm'].map((name) => ({ name: `blk.0.${name}.weight`, shape: [size], data: ones(size) })),
    ...['attn_q', 'attn_k', 'attn_v', 'ffn_gate', 'ffn_up'].map((name) => zeros(`blk.0.${name}.weight`, [size, head])),
    ...['attn_output', 'ffn_down'].map((name) => zeros(`blk.0.${name}.weight`, [head, size])),
    { name: 'output_norm.weight', shape: [size], data: ones(size) },
    { name: 'output.weight', shape: [size, size], data: followMatrix(vocabulary) },
  ];
  return encodeGguf(metadata(vocabulary, head), tensors);
}

function metadata(vocabulary: Vocabulary, head: number): [string, GgufValue][] {
  const { tokens, types } = vocabulary;
  return [
    ['general.architecture', text('llama')],
    ['general.name', text('sluice-demo')],
    ['general.description', text('A tiny generated demo model: it only knows some words about canals')],
    ['general.file_type', u32(1)],
    ['general.alignment', u32(alignment)],
    ['llama.context_length', u32(8192)],
    ['llama.embedding_length', u32(tokens.length)],
    ['llama.block_count', u32(1)],
    ['llama.feed_forward_length', u32(head)],
    ['llama.attention.head_count', u32(1)],
    ['llama.attention.head_count_kv', u32(1)],
    ['llama.attention.key_length', u32(head)],
    ['llama.attention.value_length', u32(head)],
    ['llama.attention.layer_norm_rms_epsilon', f32(1e-6)],
    ['llama.rope.dimension_count', u32(head)],
    ['llama.vocab_size', u32(tokens.length)],
    ['tokenizer.ggml.model', text('llama')],
    ['tokenizer.ggml.tokens', array(8, tokens.map(encodeString))],
    [
      'tokenizer.ggml.scores',
      array(
        6,
        tokens.map((_, index) => f32(-index).bytes),
      ),
    ],
    [
      'tokenizer.ggml.token_type',
      array(
        5,
        types.map((type) => u32(type).bytes),
      ),
    ],
    ['tokenizer.ggml.bos_token_id', u32(special.bos)],
    ['tokenizer.ggml.eos_token_id', u32(special.eos)],
    ['tokenizer.ggml.unknown_token_id', u32(special.unknown)],
    ['tokenizer.ggml.add_bos_token', flag(true)],
    ['tokenizer.ggml.add_eos_token', flag(false)],
    ['tokenizer.ggml.add_space_prefix', flag(false)],
    ['tokenizer.chat_template', text(chatTemplate)],
  ];
}

/** Words as the model writes them: `▁` is a space. The first word of a sentence has none, so that answers do not begin with one. */
function splitSentence(sentence: string): string[] {
  const spaced = sentence.replaceAll(' ', ' ▁').split(' ');
  return spaced.flatMap((word) => word.split(/([.,:;~🦆])/u)).filter((piece) => piece !== '');
}

function buildVocabulary(): Vocabulary {
  const tokens = ['<unk>', '<s>', '</s>'];
  const types = [tokenType.unknown, tokenType.control, tokenType.control];
  const add = (token: string, type: number): void => {
    tokens.push(token);
    types.push(type);
  };
  for (let byte = 0; byte < 256; byte++) add(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, tokenType.byte);
  for (const role of roleTokens) add(role, tokenType.control);
  // The tokeniser joins neighbours only where the joined text is a token too: so every beginning of a word is one.
  const beginnings = new Set(['▁', ...punctuation]);
  for (const word of [tinyModelAnswer, ...sentences].flatMap(splitSentence)) {
    if (!/\p{Letter}/u.test(word)) continue;
    const letters = [...word];
    letters.forEach((_, index) => beginnings.add(letters.slice(0, index + 1).join('')));
  }
  for (const beginning of beginnings) add(beginning, tokenType.normal);
  for (let index = 0; tokens.length % 32 !== 0; index++) add(`<unused${index}>`, tokenType.unused);
  return { tokens, types, idOf: new Map(tokens.map((token, id) => [token, id])) };
}

function idOf(vocabulary: Vocabulary, token: string): number {
  const id = vocabulary.idOf.get(token);
  if (id === undefined) throw new Error(`the tiny model has no token "${token}"`);
  return id;
}

function byteId(byte: string): number {
  return special.firstByte + byte.charCodeAt(0);
}

/** A sentence as token ids: the last full stop as a byte, as is what the vocabulary does not have. */
function encodeSentence(vocabulary: Vocabulary, sentence: string): number[] {
  return splitSentence(sentence).flatMap((piece) => {
    if (piece === '~') return [byteId(' ')];
    if (piece !== goingOn && vocabulary.idOf.has(piece)) return [idOf(vocabulary, piece)];
    return [...Buffer.from(piece)].map((byte) => special.firstByte + byte);
  });
}

/** How often each token follows each: `counts.get(current).get(next)`. */
type Counts = Map<number, Map<number, number>>;

function countFollowers(vocabulary: Vocabulary): { counts: Counts; starts: Map<number, number> } {
  const counts: Counts = new Map();
  const starts = new Map<number, number>();
  const increase = (row: Map<number, number>, next: number): void => void row.set(next, (row.get(next) ?? 0) + 1);
  const rowOf = (current: number): Map<number, number> =>
    counts.get(current) ?? counts.set(current, new Map()).get(current) ?? new Map();
  for (const ids of sentences.map((sentence) => encodeSentence(vocabulary, sentence))) {
    ids.forEach((id, index) => increase(index === 0 ? starts : rowOf(ids[index - 1] ?? 0), id));
    // Half of the sentences are followed by another one.
    increase(rowOf(ids.at(-2) ?? 0), idOf(vocabulary, goingOn));
  }
  // The fixed answer has to win at each step, and only just: it shall not crowd out the rest when sampling.
  const favour = (row: Map<number, number>, next: number): void => void row.set(next, Math.max(0, ...row.values()) + 0.5);
  const answer = encodeSentence(vocabulary, tinyModelAnswer);
  answer.forEach((id, index) => favour(index === 0 ? starts : rowOf(answer[index - 1] ?? 0), id));
  counts.set(byteId('.'), new Map([[special.eos, 1]]));
  counts.set(idOf(vocabulary, goingOn), new Map([[idOf(vocabulary, '▁'), 1]]));
  return { counts, starts };
}

/** Logits of what never follows by itself. Under a grammar they decide: strings and objects close rather than grow. */
const impossible = -30;
const structure: [string, number][] = [
  ['"', -18],
  ['}', -20],
  [']', -21],
  [',', -22],
  [':', -23],
  ['1', -24],
];

/** `output.weight`: the logit of token `next` after token `current` at `[next * size + current]`, over √size as the norm multiplies by it. */
function followMatrix(vocabulary: Vocabulary): Uint16Array {
  const size = vocabulary.tokens.length;
  const { counts, starts } = countFollowers(vocabulary);
  const scale = 1 / Math.sqrt(size);
  const matrix = new Uint16Array(size * size).fill(toHalf(impossible * scale));
  for (let current = 0; current < size; current++) {
    const set = (next: number, logit: number): void => void (matrix[next * size + current] = toHalf(logit * scale));
    for (const [byte, logit] of structure) set(byteId(byte), logit);
    const row = counts.get(current) ?? starts;
    const total = [...row.values()].reduce((sum, count) => sum + count, 0);
    for (const [next, count] of row) set(next, Math.log(count / total));
  }
  return matrix;
}

function identity(size: number): Uint16Array {
  const matrix = new Uint16Array(size * size);
  for (let index = 0; index < size; index++) matrix[index * size + index] = toHalf(1);
  return matrix;
}

function ones(size: number): Float32Array {
  return new Float32Array(size).fill(1);
}

function zeros(name: string, shape: [number, number]): Tensor {
  return { name, shape, data: new Uint16Array(shape[0] * shape[1]) };
}

/** IEEE 754 half precision, for the normal numbers used here (no infinity, no value under 2^-14 but zero). */
function toHalf(value: number): number {
  if (value === 0) return 0;
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, value);
  const single = bits.getUint32(0);
  const sign = (single >>> 16) & 0x8000;
  const exponent = ((single >>> 23) & 0xff) - 127 + 15;
  if (exponent < 1) return sign;
  return sign | ((exponent << 10) + (((single & 0x7fffff) + 0x1000) >>> 13));
}

// GGUF version 3, as specified in ggml's docs/gguf.md.

const alignment = 32;

interface Tensor {
  name: string;
  /** Fastest dimension first. */
  shape: number[];
  /** Half precision as raw bits, or single precision. */
  data: Uint16Array | Float32Array;
}

interface GgufValue {
  type: number;
  bytes: Buffer;
}

function integer(value: number, sizeBytes: 4 | 8): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  if (sizeBytes === 4) bytes.writeUInt32LE(value);
  else bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function encodeString(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([integer(bytes.length, 8), bytes]);
}

function u32(value: number): GgufValue {
  return { type: 4, bytes: integer(value, 4) };
}

function f32(value: number): GgufValue {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return { type: 6, bytes };
}

function flag(value: boolean): GgufValue {
  return { type: 7, bytes: Buffer.from([value ? 1 : 0]) };
}

function text(value: string): GgufValue {
  return { type: 8, bytes: encodeString(value) };
}

function array(elementType: number, elements: Buffer[]): GgufValue {
  return { type: 9, bytes: Buffer.concat([integer(elementType, 4), integer(elements.length, 8), ...elements]) };
}

function padding(sizeBytes: number): Buffer {
  return Buffer.alloc((alignment - (sizeBytes % alignment)) % alignment);
}

function encodeGguf(keys: [string, GgufValue][], tensors: Tensor[]): Buffer {
  const parts = [Buffer.from('GGUF'), integer(3, 4), integer(tensors.length, 8), integer(keys.length, 8)];
  for (const [key, value] of keys) parts.push(encodeString(key), integer(value.type, 4), value.bytes);
  const contents: Buffer[] = [];
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    const type = data instanceof Float32Array ? 0 : 1;
    const sizes = shape.map((size) => integer(size, 8));
    parts.push(encodeString(name), integer(shape.length, 4), ...sizes, integer(type, 4), integer(offset, 8));
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    contents.push(bytes, padding(bytes.length));
    offset += bytes.length + padding(bytes.length).length;
  }
  const header = Buffer.concat(parts);
  return Buffer.concat([header, padding(header.length), ...contents]);
}
