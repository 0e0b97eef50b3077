import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { sizeOf } from '../cache.ts';
import { writeWhole } from '../model-file.ts';

const descriptionSchema = z.object({
  source: z.string(),
  etag: z.string().nullable(),
  sha256: z.string().nullable(),
  totalBytes: z.number().nullable(),
});

/** Which file a part is the beginning of: enough to know later whether the server still has the same. */
export type PartDescription = z.infer<typeof descriptionSchema>;

/** Where a download may go on. */
export interface ResumePoint {
  bytes: number;
  /** A strong ETag for `If-Range`, or null. */
  etag: string | null;
  sha256: string | null;
}

/** A cut download on disk, with a description beside it (`<path>.json`). */
export class PartFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** How much is there. */
  bytes(): Promise<number> {
    return sizeOf(this.path);
  }

  /** Where to go on, or null: nothing there, from another source, or nothing by which to tell whether the server's file is still the same. */
  async resumePoint(source: string): Promise<ResumePoint | null> {
    const bytes = await this.bytes();
    const description = await this.#read();
    if (bytes === 0 || description === null || description.source !== source) return null;
    const etag = description.etag?.startsWith('"') === true ? description.etag : null;
    if (etag === null && description.sha256 === null) return null;
    return { bytes, etag, sha256: description.sha256 };
  }

  /** Notes what is about to arrive. When it starts at 0 the old part goes first, so that it never goes by the new description. */
  async describe(description: PartDescription, startBytes: number): Promise<void> {
    if (startBytes === 0) await rm(this.path, { force: true });
    await writeWhole(`${this.path}.json`, JSON.stringify(description));
  }

  /** Deletes the part and its description. */
  async discard(): Promise<void> {
    await rm(this.path, { force: true });
    await this.forget();
  }

  /** Deletes the description, once the part has become a model. */
  async forget(): Promise<void> {
    await rm(`${this.path}.json`, { force: true });
  }

  async #read(): Promise<PartDescription | null> {
    const text = await readFile(`${this.path}.json`, 'utf8').catch(() => null);
    if (text === null) return null;
    try {
      return descriptionSchema.parse(JSON.parse(text));
    } catch {
      return null;
    }
  }
}
