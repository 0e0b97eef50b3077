import { crc32, deflateRawSync } from 'node:zlib';

/** A member of a zip file to be made. */
export interface ZipMember {
  name: string;
  content: Buffer;
  isDeflated: boolean;
}

/** A zip file as a buffer. Local headers carry an extra field that the directory does not, as some writers do. */
export function makeZip(members: ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, isDeflated } of members) {
    const packed = isDeflated ? deflateRawSync(content) : content;
    const extra = Buffer.from([0xfe, 0xca, 0x02, 0x00, 0x01, 0x02]);
    const common = Buffer.alloc(22);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(isDeflated ? 8 : 0, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    const lengths = (extraBytes: number): Buffer => {
      const field = Buffer.alloc(4);
      field.writeUInt16LE(Buffer.byteLength(name), 0);
      field.writeUInt16LE(extraBytes, 2);
      return field;
    };
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      common,
      lengths(extra.length),
      Buffer.from(name),
      extra,
      packed,
    ]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, lengths(0), place, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}
