/** Downloads files of an archive, and believes none that does not fit its checksum. */
import { createHash } from 'node:crypto';
import { LakeError } from '../../base/errors.ts';
import { HttpStatusError } from '../../network/http/http-status-error.ts';
import type { ArchiveSpec } from '../../sources/archive-spec.ts';
import type { PoliteGet } from './polite-get.ts';

export interface ArchiveBytes {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/** It may be replaced while it is fetched: once more. */
const TRIES = 2;

export class ArchiveFiles {
  readonly #rest: PoliteGet;

  constructor(rest: PoliteGet) {
    this.#rest = rest;
  }

  /**
   * @returns undefined when the archive has no such file.
   * @throws LakeError EXCHANGE_NONSENSE when it does not fit its checksum, EXCHANGE_… when it cannot be fetched.
   */
  async load(archive: ArchiveSpec<unknown>, url: string): Promise<ArchiveBytes | undefined> {
    const name = decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const sum = await this.#fetch(`${url}.CHECKSUM`);
      if (sum === undefined) return undefined;
      const bytes = await this.#fetch(url);
      if (bytes === undefined) return undefined;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (archive.checksum(Buffer.from(sum).toString()) === sha256) return { name, sha256, bytes };
    }
    throw new LakeError('EXCHANGE_NONSENSE', `${name} does not fit its checksum, also when fetched again`, {
      hint: 'nothing of it is stored; use `--source rest` for its days, or try again when the archive has repaired it',
    });
  }

  async #fetch(url: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#rest.getFile(url);
    } catch (error) {
      if (error instanceof HttpStatusError && error.status === 404) return undefined;
      throw error;
    }
  }
}
