/** Typed getters for the table properties that upkeep obeys. Source: Delta protocol, "Table Properties". */
import type { Metadata } from '../log/actions.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  microsecond: 0.001,
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

/** `interval 7 days` as milliseconds; months and years have no fixed length, and no time is negative. */
export function parseInterval(text: string): number | undefined {
  const words = text
    .trim()
    .toLowerCase()
    .replace(/^interval\s+/, '')
    .split(/\s+/);
  let totalMs = 0;
  for (let i = 0; i < words.length; i += 2) {
    const unitMs = UNIT_MS[(words[i + 1] ?? '').replace(/s$/, '')];
    const count = words[i] ?? '';
    if (unitMs === undefined || !/^\d+(\.\d+)?$/.test(count)) return undefined;
    totalMs += Number(count) * unitMs;
  }
  return words.length > 0 ? totalMs : undefined;
}

/** How long removed files stay on the disk for readers of older versions. Default one week. */
export function deletedFileRetentionMs({ configuration }: Metadata): number {
  return durationOf(configuration['delta.deletedFileRetentionDuration'], 7 * 86_400_000);
}

/** How long commits stay in the log. Default 30 days. */
export function logRetentionMs({ configuration }: Metadata): number {
  return durationOf(configuration['delta.logRetentionDuration'], 30 * 86_400_000);
}

export function expiredLogCleanupEnabled({ configuration }: Metadata): boolean {
  return configuration['delta.enableExpiredLogCleanup']?.toLowerCase() !== 'false';
}

/** Commits between two checkpoints. Default 100, as in delta-rs. */
export function checkpointInterval({ configuration }: Metadata): number {
  const interval = Number(configuration['delta.checkpointInterval'] ?? 100);
  return Number.isInteger(interval) && interval > 0 ? interval : 100;
}

/** A duration that is not understood keeps everything: what is deleted too early cannot be brought back. */
function durationOf(text: string | undefined, defaultMs: number): number {
  return text === undefined ? defaultMs : (parseInterval(text) ?? Number.POSITIVE_INFINITY);
}
