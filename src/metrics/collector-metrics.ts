/** What the collectors of a lake say of themselves in their heartbeats, and what lies in their spools. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { WORKING_STATES } from '../lake/working-states.ts';
import { readBans } from '../spool/state/bans.ts';
import { readStatus } from '../spool/state/status-file.ts';
import type { Registry } from './registry.ts';

export function collectorMetrics(registry: Registry, spool: string, clock: Clock): void {
  const up = registry.gauge(
    'collector_up',
    'Whether a collector does what it is there for, by its heartbeat',
    false,
  );
  const age = registry.gauge('collector_heartbeat_age_seconds', 'Age of the heartbeat', false);
  const frames = registry.readCounter(
    'collector_frames_total',
    'Frames or polls that arrived since the start',
  );
  const rows = registry.readCounter('collector_rows_total', 'Rows stored since the start');
  const duplicates = registry.readCounter(
    'collector_duplicates_total',
    'Rows since the start that were there already',
  );
  const stored = registry.readCounter('collector_segments_stored_total', 'Segments stored since the start');
  const storing = registry.readCounter(
    'collector_store_seconds_total',
    'Time from reading a segment to its last commit, of all since the start',
  );
  const newest = registry.gauge(
    'collector_newest_event_age_seconds',
    'Age of the newest stored event',
    false,
  );
  const backlog = registry.gauge(
    'collector_backlog_segments',
    'Closed segments that are not in the tables yet',
    false,
  );
  const waiting = registry.gauge(
    'collector_waiting_seconds',
    'How long segments wait while none is stored',
    false,
  );
  const missing = registry.gauge(
    'bars_missing_minutes',
    'Minutes of bars that are known to be missing, those that were asked for in vain too',
    false,
  );
  const repaired = registry.readCounter(
    'bars_repaired_minutes_total',
    'Missing minutes of bars that were filled since the start',
  );
  const segments = registry.gauge('spool_segments', 'Segment files in the spool', false);
  const bytes = registry.gauge('spool_bytes', 'Bytes of the spool', false);
  const bans = registry.gauge(
    'rest_banned_seconds',
    'How long an exchange does not want to be asked yet',
    false,
  );
  const free = registry.gauge('disk_free_bytes', 'Room on the disk of the spool');
  const total = registry.gauge('disk_size_bytes', 'Size of the disk of the spool');
  registry.onScrape(async () => {
    const nowMs = clock.nowUs() / 1000;
    const entries = await readdir(spool, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isDirectory() || entry.name.includes('.')) continue;
      const folder = join(spool, entry.name);
      const source = entry.name;
      const size = await sizeOf(folder);
      segments.set(size.segments, { source });
      bytes.set(size.bytes, { source });
      const status = await readStatus(folder);
      if (status === undefined) continue;
      const ageSeconds = (nowMs - Date.parse(status.at)) / 1000;
      if (status.state !== 'stopped') {
        up.set(WORKING_STATES.has(status.state) && ageSeconds < 60 ? 1 : 0, { source });
        age.set(ageSeconds, { source });
      }
      frames.set(status.frames, { source });
      for (const [table, count] of Object.entries(status.rows)) rows.set(count, { source, table });
      duplicates.set(status.duplicates ?? 0, { source });
      stored.set(status.segments ?? 0, { source });
      storing.set((status.storeMs ?? 0) / 1000, { source });
      if (status.newestEvent) newest.set((nowMs - Date.parse(status.newestEvent)) / 1000, { source });
      backlog.set(status.backlog, { source });
      if (status.repair) {
        missing.set(status.repair.missingMinutes + status.repair.unansweredMinutes, { source });
        repaired.set(status.repair.repairedMinutes, { source });
      }
      waiting.set(status.waitingSince ? (nowMs - Date.parse(status.waitingSince)) / 1000 : 0, { source });
    }
    for (const [host, { untilMs }] of Object.entries(await readBans(spool)))
      bans.set(Math.max(0, (untilMs - nowMs) / 1000), { host });
    const disk = await statfs(spool).catch(() => undefined);
    if (disk) {
      free.set(disk.bavail * disk.bsize);
      total.set(disk.blocks * disk.bsize);
    }
  });
}

async function sizeOf(folder: string): Promise<{ segments: number; bytes: number }> {
  let segments = 0;
  let bytes = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.segment')) continue;
    segments++;
    bytes += await stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return { segments, bytes };
}
