import { LakeError } from '../base/errors.ts';
import type { Manifest } from './backup-set.ts';

/** @throws LakeError BACKUP_FAILED for anything else. */
export function parseManifest(bytes: Uint8Array | undefined, backup: string, file: string): Manifest {
  try {
    const manifest: unknown = JSON.parse(Buffer.from(bytes ?? []).toString());
    if (isManifest(manifest)) return manifest;
  } catch {
    // Said below.
  }
  throw new LakeError('BACKUP_FAILED', `\`${backup}\` is no back-up: its \`${file}\` cannot be read`, {
    hint: 'name the place that `backup --to` wrote',
  });
}

/** Names become parts of paths. */
function isManifest(value: unknown): value is Manifest {
  const { madeAt, lake, tables } = (value ?? {}) as Partial<Record<keyof Manifest, unknown>>;
  if (typeof madeAt !== 'string' || typeof lake !== 'string' || !Array.isArray(tables)) return false;
  return tables.every(
    (table: Record<string, unknown> | null) =>
      typeof table?.name === 'string' &&
      !/^\.{0,2}$|[/\\]/.test(table.name) &&
      Number.isSafeInteger(table.version),
  );
}
