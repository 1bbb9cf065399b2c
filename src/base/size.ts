/** Numbers of bytes as people write and read them. */
const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/** `512MB`, `2 GB`, in powers of two; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)$/i.exec(text.trim()) ?? [];
  return count === undefined ? undefined : Math.round(Number(count) * (UNIT_BYTES[unit.toUpperCase()] ?? 0));
}

/** `12.3 MB`, in powers of ten, as disks are sold and `ls --si` shows them. */
export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

/** `512MB`: as {@link parseSize} reads it. */
export function sizeLiteral(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)}MB`;
}

/** `512MiB`, rounded down: as DuckDB's settings take it, whose MB are powers of ten. */
export function mebibytesText(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)}MiB`;
}
