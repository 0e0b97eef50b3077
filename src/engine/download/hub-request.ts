import { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import type { HubSource } from '../model-table.ts';
import type { NetworkSettings } from './network.ts';
import type { ResumePoint } from './part-file.ts';

/** Redirects and restarts that one download may take. */
const mostRequests = 8;

/** An answer of the hub that is no file. */
export class HubAnswerError extends Error {
  /** Whether the same request may succeed a little later. */
  readonly isTransient: boolean;

  constructor(message: string, isTransient: boolean) {
    super(message);
    this.isTransient = isTransient;
  }
}

/** The way to a host of the hub failed; `cause` says how. */
export class HubConnectionError extends Error {
  readonly host: string;

  constructor(host: string, cause: unknown) {
    super(`no answer from ${host}`, { cause });
    this.host = host;
  }
}

/** A file on its way. */
export interface HubAnswer {
  body: Readable;
  /** Who sends it: behind redirects seldom the hub itself. */
  host: string;
  /** Where the body starts in the file: 0, or the resume point when the server's file still is the same. */
  startBytes: number;
  totalBytes: number | null;
  etag: string | null;
  /** The file's SHA-256, where the hub announces it. */
  sha256: string | null;
}

/** What to ask for, besides the file. */
export interface HubRequest {
  network: NetworkSettings;
  connections: Dispatcher;
  signal: AbortSignal;
  resume: ResumePoint | null;
  /** The hash of an earlier download of this file, which the hub's announcement must match. */
  pinnedSha256: string | null;
}

type Headers = Record<string, string | string[] | undefined>;

/** What the hub says of the file on any hop of the way. */
interface Announcement {
  sha256: string | null;
  sizeBytes: number | null;
}

/**
 * Asks the hub for a file and follows its redirects. To `/resolve/` of a large file the hub answers with a redirect that carries
 * `x-linked-etag` (for files in LFS their SHA-256) and `x-linked-size`, by which `huggingface_hub` knows a file too (`get_hf_file_metadata`).
 */
export async function openHubFile(source: HubSource, asked: HubRequest): Promise<HubAnswer> {
  let url = new URL(
    `${asked.network.hubEndpoint.replace(/\/+$/, '')}/${source.repository}/resolve/main/${encodeURIComponent(source.file)}`,
  );
  let resume = asked.resume;
  const announced: Announcement = { sha256: null, sizeBytes: null };
  for (let requests = 0; requests < mostRequests; requests++) {
    const { host } = url;
    const { statusCode, headers, body } = await request(url, {
      dispatcher: asked.connections,
      signal: asked.signal,
      headers: { 'accept-encoding': 'identity', 'user-agent': 'sluice', ...rangeHeaders(resume) },
    }).catch((error: unknown) => {
      throw new HubConnectionError(host, error);
    });
    announced.sha256 ??= sha256In(headers);
    announced.sizeBytes ??= numberIn(headers['x-linked-size']);
    try {
      checkPin(announced.sha256, asked.pinnedSha256);
      if (statusCode >= 300 && statusCode < 400) {
        url = redirectTarget(url, headers);
        if (resume?.sha256 !== announced.sha256 && announced.sha256 !== null) resume = null;
      } else if (statusCode === 200) {
        return { body, host, startBytes: 0, ...describe(headers, announced, numberIn(headers['content-length'])) };
      } else if ((statusCode === 206 || statusCode === 416) && resume !== null) {
        const range = parseRange(headers);
        const isComplete = statusCode === 416 && (range.totalBytes ?? announced.sizeBytes) === resume.bytes;
        if (isSame(resume, headers, announced) && (isComplete || range.startBytes === resume.bytes)) {
          if (isComplete) drop(body);
          return {
            body: isComplete ? Readable.from([]) : body,
            host,
            startBytes: resume.bytes,
            ...describe(headers, announced, range.totalBytes),
          };
        }
        resume = null;
      } else {
        throw refusal(statusCode, url, source);
      }
    } catch (error) {
      drop(body);
      throw error;
    }
    drop(body);
  }
  throw new HubAnswerError(`${url.host} redirects without an end`, false);
}

/** Ends a body that nobody reads. undici calls that an error of the body. */
export function drop(body: Readable): void {
  body.on('error', () => undefined).destroy();
}

function rangeHeaders(resume: ResumePoint | null): Record<string, string> {
  if (resume === null) return {};
  return { range: `bytes=${resume.bytes}-`, ...(resume.etag === null ? {} : { 'if-range': resume.etag }) };
}

/** Whether the server's file is the one that the part began with: by its hash, else by a strong ETag. */
function isSame(resume: ResumePoint, headers: Headers, announced: Announcement): boolean {
  if (resume.sha256 !== null && announced.sha256 !== null) return resume.sha256 === announced.sha256;
  return resume.etag !== null && headers['etag'] === resume.etag;
}

function checkPin(announced: string | null, pinned: string | null): void {
  if (announced === null || pinned === null || announced === pinned) return;
  throw new HubAnswerError(
    `the hub now has another file (SHA-256 ${announced}) than the one downloaded before (${pinned}); if that is expected, \`sluice models remove\` forgets the old one`,
    false,
  );
}

function redirectTarget(from: URL, headers: Headers): URL {
  const location = headers['location'];
  if (typeof location !== 'string' || !URL.canParse(location, from.href))
    throw new HubAnswerError(`${from.host} redirects to nowhere`, false);
  const target = new URL(location, from);
  const isDowngrade = from.protocol === 'https:' && target.protocol !== 'https:';
  if (isDowngrade || !target.protocol.startsWith('http'))
    throw new HubAnswerError(`${from.host} redirects to an unprotected address`, false);
  return target;
}

function refusal(statusCode: number, url: URL, source: HubSource): HubAnswerError {
  const what = `${source.repository}/${source.file}`;
  if (statusCode === 404) return new HubAnswerError(`${url.host} has no file ${what} (status 404)`, false);
  if (statusCode === 401 || statusCode === 403)
    return new HubAnswerError(`${url.host} does not give out ${what} without an account (status ${statusCode})`, false);
  const isTransient = statusCode === 408 || statusCode === 429 || statusCode >= 500;
  return new HubAnswerError(`${url.host} answered with status ${statusCode}`, isTransient);
}

function describe(headers: Headers, { sha256, sizeBytes }: Announcement, totalBytes: number | null) {
  return { totalBytes: totalBytes ?? sizeBytes, etag: typeof headers['etag'] === 'string' ? headers['etag'] : null, sha256 };
}

/** `Content-Range: bytes 100-999/1000`, or with an asterisk for what is not known (RFC 9110, section 14.4). */
function parseRange(headers: Headers): { startBytes: number | null; totalBytes: number | null } {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(String(headers['content-range'] ?? ''));
  return { startBytes: numberIn(match?.[1]), totalBytes: numberIn(match?.[2]) };
}

function sha256In(headers: Headers): string | null {
  const match = /^"?([0-9a-f]{64})"?$/.exec(String(headers['x-linked-etag'] ?? ''));
  return match?.[1] ?? null;
}

function numberIn(text: string | string[] | undefined): number | null {
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : null;
}
