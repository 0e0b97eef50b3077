import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

/** Sizes and signatures of the zip format: APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (end). */
const endSize = 22;
const endSignature = 0x06054b50;
const directorySignature = 0x02014b50;
const localSize = 30;
const localSignature = 0x04034b50;
const zip64Marker = 0xffffffff;

interface ZipEntry {
  method: number;
  compressedBytes: number;
  bytes: number;
  localOffset: number;
}

/**
 * Streams one member of a zip file into `write`, which must pass back pressure on (a writable stream). Reads the directory and that member only.
 * Stored and deflated members; no encryption, no zip64. Throws when the file is no such zip, has no such member or is cut.
 */
export async function readZipMember(
  path: string,
  member: string,
  write: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'r');
  try {
    const entry = (await readDirectory(file)).get(member);
    if (entry === undefined) throw new Error(`${path} has no member ${member}`);
    if (entry.method !== 0 && entry.method !== 8)
      throw new Error(`${path} packs ${member} by method ${entry.method}, which is not supported`);
    const start = await findData(file, entry);
    const source = createReadStream(path, { start, end: start + entry.compressedBytes - 1 });
    if (entry.method === 0) await pipeline(source, countTo(entry.bytes), write, { signal });
    else await pipeline(source, createInflateRaw(), countTo(entry.bytes), write, { signal });
  } finally {
    await file.close();
  }
}

/** Passes bytes through and throws when they are not as many as the directory says. */
function countTo(expected: number): (source: Readable | AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* count(source) {
    let bytes = 0;
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > expected) break;
      yield chunk;
    }
    if (bytes !== expected)
      throw new Error(`the zip member has ${bytes > expected ? 'more' : 'fewer'} bytes than the ${expected} it should have`);
  };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error('the zip file is cut');
  return buffer;
}

async function readDirectory(file: FileHandle): Promise<Map<string, ZipEntry>> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, endSize + 0xffff);
  const tail = await readAt(file, size - tailBytes, tailBytes);
  let end = tail.length - endSize;
  while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end--;
  if (end < 0) throw new Error('the file is no zip, or it is cut');
  const directoryBytes = tail.readUInt32LE(end + 12);
  const directoryOffset = tail.readUInt32LE(end + 16);
  if (directoryOffset === zip64Marker) throw new Error('zip64 is not supported');
  return parseDirectory(await readAt(file, directoryOffset, directoryBytes));
}

function parseDirectory(directory: Buffer): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at + 46 <= directory.length;) {
    if (directory.readUInt32LE(at) !== directorySignature) throw new Error('the directory of the zip file is broken');
    const nameBytes = directory.readUInt16LE(at + 28);
    const next = at + 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    const entry = {
      method: directory.readUInt16LE(at + 10),
      compressedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      localOffset: directory.readUInt32LE(at + 42),
    };
    if (entry.localOffset === zip64Marker || entry.bytes === zip64Marker) throw new Error('zip64 is not supported');
    entries.set(directory.toString('utf8', at + 46, at + 46 + nameBytes), entry);
    at = next;
  }
  return entries;
}

/** Where a member's bytes start: behind its local header, whose extra field may differ from the directory's. */
async function findData(file: FileHandle, entry: ZipEntry): Promise<number> {
  const header = await readAt(file, entry.localOffset, localSize);
  if (header.readUInt32LE(0) !== localSignature) throw new Error('a local header of the zip file is broken');
  return entry.localOffset + localSize + header.readUInt16LE(26) + header.readUInt16LE(28);
}
