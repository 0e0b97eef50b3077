import { gunzipSync, inflateRawSync } from 'node:zlib';
import { resourcesOf, type PlanJson } from './plan.ts';

/** Forms that secrets have; the names say whose. */
const forms: Record<string, RegExp> = {
  'an AWS access key': /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  'an API key': /\bsk-[A-Za-z0-9_-]{16,}/,
  'a GitHub token': /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  'a Hugging Face token': /\bhf_[A-Za-z0-9]{20,}/,
  'a JSON web token': /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}/,
  'a password in a URL': /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"]+:[^\s/@"$]+@/,
};

/** Base64 of gzip, as user data has it, is looked into. */
function unpacked(text: string): string {
  if (!text.startsWith('H4sI')) return text;
  return gunzipSync(Buffer.from(text, 'base64')).toString('utf8');
}

function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield unpacked(value);
  else if (typeof value === 'object' && value !== null) for (const entry of Object.values(value)) yield* stringsIn(entry);
}

/** Values anywhere in a plan, configuration and user data included, that look like secrets. */
export function secretLooking(plan: PlanJson): string[] {
  const named = resourcesOf(plan).map(({ address, values }) => [address, values] as const);
  const places = [
    ...named,
    ['the configuration', plan.configuration],
    ['a variable', plan.variables],
    ['an output', plan.output_changes],
  ] as const;
  return places.flatMap(([place, value]) =>
    [...stringsIn(value)].flatMap((text) =>
      Object.entries(forms)
        .filter(([, form]) => form.test(text))
        .map(([whose]) => `${place} holds what looks like ${whose}`),
    ),
  );
}

const endOfArchive = 0x06054b50;
const entrySignature = 0x02014b50;

/** Contents of a ZIP archive's files by their names. Reads what `plan -out` writes: no encryption, no ZIP64. */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from('504b0506', 'hex'));
  if (end < 0 || archive.readUInt32LE(end) !== endOfArchive) throw new Error('not a ZIP archive');
  const files = new Map<string, Buffer>();
  let position = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count -= 1) {
    if (archive.readUInt32LE(position) !== entrySignature) throw new Error('the directory of the archive is damaged');
    const [method, size] = [archive.readUInt16LE(position + 10), archive.readUInt32LE(position + 20)];
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(position + offset)) as [
      number,
      number,
      number,
    ];
    const header = archive.readUInt32LE(position + 42);
    const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
    const packed = archive.subarray(start, start + size);
    files.set(archive.toString('utf8', position + 46, position + 46 + name), method === 0 ? packed : inflateRawSync(packed));
    position += 46 + name + extra + comment;
  }
  return files;
}

/** A text, and what base64 makes of it wherever it begins. */
function formsOf(text: string): string[] {
  const encoded = [0, 1, 2].map((before) =>
    Buffer.from(' '.repeat(before) + text)
      .toString('base64')
      .slice(before === 0 ? 0 : before + 1, -4),
  );
  return [text, ...encoded];
}

/** Files of a plan, and its JSON, that hold a secret that was passed in. */
export function placesOf(secret: string, archive: Buffer, json: string): string[] {
  const holds = (content: Buffer | string): boolean => formsOf(secret).some((form) => content.includes(form));
  const files = [...unzip(archive)].filter(([, content]) => holds(content)).map(([name]) => name);
  return holds(json) ? [...files, 'the JSON'] : files;
}
