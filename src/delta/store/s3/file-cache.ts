/**
 * Copies of objects that never change, in a folder of this machine, bounded in size: what was not used for the longest
 * time goes first. Several processes share it; a file appears whole or not at all.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { eachAtOnce } from '../../../base/each-at-once.ts';
import { LakeError } from '../../../base/errors.ts';
import { sizeText } from '../../../base/size.ts';

export interface CachedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Writes the file whole, or throws. */
  download(path: string): Promise<void>;
}

const DOWNLOADS_AT_ONCE = 16;
/** Another process may be reading what was used so recently: it goes last. */
const IN_USE_MS = 10 * 60_000;
/** Room that is made beyond what is needed, so that the folder is not listed for each file. */
const SPARE_SHARE = 0.1;
const MAX_PART_BYTES = 200;

export class FileCache {
  readonly folder: string;
  readonly #maxBytes: number;
  readonly #coming = new Map<string, Promise<void>>();
  /** Undefined until the folder was looked at. */
  #bytes: number | undefined;

  constructor(folder: string, maxBytes: number) {
    this.folder = folder;
    this.#maxBytes = maxBytes;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return readFile(this.#path(name)).catch(() => undefined);
  }

  /** Good to have: a cache that cannot be written only costs time. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await this.#makeRoom(bytes.byteLength, new Set());
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(temporary, bytes, { mode: 0o600 });
      await rename(temporary, path);
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /** @returns the paths of whole copies, in the order of `files`. @throws LakeError DISK_FULL, or what a download throws. */
  async fetch(files: readonly CachedFile[]): Promise<string[]> {
    const wantedBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (wantedBytes > this.#maxBytes) throw tooLarge(wantedBytes, this.#maxBytes);
    const paths = files.map(({ name }) => this.#path(name));
    const missing: CachedFile[] = [];
    for (const [index, file] of files.entries()) {
      const path = paths[index] ?? '';
      const there = await stat(path).catch(() => undefined);
      if (there?.size !== file.sizeBytes) missing.push(file);
      else await utimes(path, new Date(), new Date()).catch(() => undefined);
    }
    if (missing.length === 0) return paths;
    await this.#makeRoom(
      missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      new Set(paths),
    );
    await eachAtOnce(missing, DOWNLOADS_AT_ONCE, (file) => this.#bring(file));
    return paths;
  }

  /** Two questions at once fetch a file once. */
  #bring({ name, download }: CachedFile): Promise<void> {
    const path = this.#path(name);
    const coming =
      this.#coming.get(path) ??
      mkdir(dirname(path), { recursive: true, mode: 0o700 })
        .then(() => download(path))
        .finally(() => this.#coming.delete(path));
    this.#coming.set(path, coming);
    return coming;
  }

  async #makeRoom(bytes: number, kept: ReadonlySet<string>): Promise<void> {
    if (this.#bytes !== undefined && this.#bytes + bytes <= this.#maxBytes) {
      this.#bytes += bytes;
      return;
    }
    const files = await filesIn(this.folder);
    let total = files.reduce((sum, { size }) => sum + size, 0);
    const limit = this.#maxBytes - bytes;
    const target = total > limit ? limit - this.#maxBytes * SPARE_SHARE : limit;
    const recentMs = Date.now() - IN_USE_MS;
    const old = (file: FoundFile) => (file.usedMs < recentMs ? 0 : 1);
    for (const file of files.sort((a, b) => old(a) - old(b) || a.usedMs - b.usedMs)) {
      if (total <= target || (old(file) === 1 && total <= limit)) break;
      if (kept.has(file.path)) continue;
      await rm(file.path, { force: true });
      total -= file.size;
    }
    this.#bytes = total + bytes;
  }

  #path(name: string): string {
    return join(this.folder, ...name.split('/').map(safePart));
  }
}

/** A part of a key may be longer than a file name, or mean something in a path. */
function safePart(part: string): string {
  const isPlain = part !== '' && !/^\.{1,2}$/.test(part) && Buffer.byteLength(part) <= MAX_PART_BYTES;
  return isPlain ? part : `~${createHash('sha256').update(part).digest('hex')}`;
}

interface FoundFile {
  readonly path: string;
  readonly size: number;
  readonly usedMs: number;
}

async function filesIn(folder: string): Promise<FoundFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files: FoundFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const info = await stat(path).catch(() => undefined);
    if (info) files.push({ path, size: info.size, usedMs: info.mtimeMs });
  }
  return files;
}

function tooLarge(wantedBytes: number, maxBytes: number): LakeError {
  return new LakeError(
    'DISK_FULL',
    `${sizeText(wantedBytes)} would have to be fetched, and the local cache may hold ${sizeText(maxBytes)}`,
    {
      hint: 'ask for less, allow more with `CRYPTO_LAKE_CACHE_SIZE`, or set `CRYPTO_LAKE_HTTPFS`, with which a query reads only the parts that it needs',
    },
  );
}
