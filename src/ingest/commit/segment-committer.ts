/**
 * Stores closed segments: records → rows → one commit a table, in the order data, quarantine, coverage, so that
 * coverage never claims what is not stored. A table whose `txn` has the segment's number already is left alone.
 */
import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BarLedger } from '../../bars/bar-ledger.ts';
import type { Clock } from '../../base/clock.ts';
import { refusal } from '../../base/disk-errors.ts';
import { LakeError, systemCodeOf } from '../../base/errors.ts';
import { isObjectStore } from '../../base/location.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { away, requireLog } from '../../lake/away.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import type { LakeTable } from '../../lake/table.ts';
import { BAR_CORRECTIONS_TABLE } from '../../lake/tables/bar-corrections.ts';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import { COVERAGE_TABLE } from '../../lake/tables/coverage.ts';
import { QUARANTINE_TABLE } from '../../lake/tables/quarantine.ts';
import { sourceOf, VENUES } from '../../sources/registry.ts';
import type { Source } from '../../sources/source.ts';
import type { Venue } from '../../sources/venue.ts';
import { readSegment } from '../../spool/segments/read-segment.ts';
import { segmentPath } from '../../spool/segments/segment-file.ts';
import { spoolFolder } from '../../spool/state/spool-folder.ts';
import { LEDGER_US, loadLedger } from '../bars/load-ledger.ts';
import { historiesOf, historySpans } from '../bars/segment-history.ts';
import { stageKnownTrades } from '../bars/stage-known-trades.ts';
import { DedupWindow } from '../dedup/dedup-window.ts';
import { FrameLoss } from '../dedup/frame-loss.ts';
import { MachineLoss } from '../dedup/machine-loss.ts';
import { firstReceiptUs, rangeAround } from '../dedup/segment-receipts.ts';
import { type TableWindow, windowFromTable } from '../dedup/table-window.ts';
import { SegmentDecoder } from '../rows/segment-decoder.ts';
import { appendBatch } from '../write/append-batch.ts';
import type { Ingest, IngestReport, IngestTarget } from './ingest-job.ts';

interface OpenTable {
  readonly definition: LakeTable;
  readonly table: DeltaTable;
}

interface OpenSource {
  readonly source: Source;
  /** Data, quarantine, coverage: the order of the commits. Undefined: to be opened anew, by handles without a past. */
  tables: readonly OpenTable[] | undefined;
  /** Read from the table before the first segment is stored. Undefined after what it cannot know of. */
  window: DedupWindow | undefined;
  /** The version of its table whose rows the window knows, on an object store: machines may commit beside us there. */
  windowVersion: number | undefined;
  loss: FrameLoss;
  machineLoss: MachineLoss;
  /** The same for bars. */
  ledger: BarLedger | undefined;
}

interface StoreJob {
  readonly open: OpenSource;
  readonly target: IngestTarget;
  readonly segment: number;
  readonly path: string;
  readonly writtenAtMs: number;
  readonly tables: readonly OpenTable[];
}

interface Stored {
  readonly window: DedupWindow;
  readonly loss: FrameLoss;
  readonly machineLoss: MachineLoss;
  readonly rows: Readonly<Record<string, number>>;
  readonly decoder: SegmentDecoder;
  readonly ledger: BarLedger | undefined;
}

/** Of machines that store the same source in the same moment; then the segment waits for its turn. */
const MAX_RACES = 10;

export class SegmentCommitter implements Ingest {
  readonly #clock: Clock;
  readonly #venues: readonly Venue[];
  readonly #sources = new Map<string, OpenSource>();

  /** @param venues whose segments come. */
  constructor(clock: Clock, venues: readonly Venue[] = VENUES) {
    this.#clock = clock;
    this.#venues = venues;
  }

  async open(target: IngestTarget): Promise<number> {
    const tables = await this.#tablesOf(this.#sourceOf(target), target);
    return Math.max(...tables.map(({ table }) => Number(table.txnVersion(target.appId))));
  }

  async store(target: IngestTarget, segment: number): Promise<IngestReport> {
    const startedMs = this.#clock.monotonicMs();
    const open = this.#sourceOf(target);
    const tables = await this.#tablesOf(open, target);
    const path = segmentPath(spoolFolder(target.spool, target.source), segment);
    const lastSegments = tables.map(({ table }) => Number(table.txnVersion(target.appId)));
    const writtenAtMs = await writtenAt(path);
    if (writtenAtMs === undefined) {
      if (!lastSegments.some((last) => last >= segment)) {
        // The whole folder comes back, and the segment with it.
        if (!existsSync(dirname(path))) throw away(dirname(path));
        throw isMissing(path);
      }
      // By a try whose answer nobody heard.
      return { segment, rows: {}, duplicates: 0, lastEventUs: undefined, elapsedMs: 0 };
    }
    if (lastSegments.some((last) => last > segment)) throw superseded(path);
    const job = { open, target, segment, path, writtenAtMs, tables };
    let stored: Stored;
    try {
      stored = await this.#decodeAndAppend(job);
    } catch (error) {
      open.tables = undefined;
      // The disk's own message names a temporary file, another one at each try: one trouble would be many.
      throw error instanceof LakeError || systemCodeOf(error) === undefined
        ? error
        : refusal(error, 'a table');
    }
    const { window, ledger, rows, decoder } = stored;
    window.accept();
    ledger?.accept();
    open.loss = stored.loss;
    open.machineLoss = stored.machineLoss;
    if (window === open.window) open.windowVersion = dedupTableOf(open)?.version;
    await rm(path, { force: true });
    const { duplicates, lastEventUs } = decoder;
    return { segment, rows, duplicates, lastEventUs, elapsedMs: this.#clock.monotonicMs() - startedMs };
  }

  /**
   * On an object store another machine may store the same: one that shares the source, or one that took it over while we
   * stood still; and a backfill may store what we were about to. What was committed since we looked has to be looked at
   * first.
   */
  async #decodeAndAppend(job: StoreJob): Promise<Stored> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#tryToAppend(job);
      } catch (error) {
        const isRace = error instanceof LakeError && error.code === 'COMMIT_CONFLICT';
        const { source } = job.open;
        if (!hasCompany(source, job.target) || !isRace || tries === MAX_RACES) throw error;
        job.open.ledger = undefined;
      }
    }
  }

  async #tryToAppend({ open, target, segment, path, writtenAtMs, tables }: StoreJob): Promise<Stored> {
    const { machine } = target;
    const { window, stored } = await this.#windowFor(open, target, segment, path);
    await stageKnownTrades({ source: open.source, table: dedupTableOf(open), window, path });
    const loss = open.loss.copy();
    const machineLoss = open.machineLoss.copy();
    const shared = machine === undefined ? undefined : { machine, loss: machineLoss, stored };
    const ledger = await this.#ledgerFor(open, path);
    const decoder = new SegmentDecoder({ source: open.source, window, loss, ledger, shared });
    for await (const items of readSegment(path)) for (const item of items) decoder.add(item);
    decoder.finish(Math.round(writtenAtMs * 1000));
    const rows: Record<string, number> = {};
    const txn = { appId: target.appId, version: segment };
    for (const { definition, table } of tables) {
      const comesOnce =
        definition === open.source.dedup?.table ||
        definition === BARS_1M_TABLE ||
        definition === BAR_CORRECTIONS_TABLE;
      const reads = hasCompany(open.source, target) && comesOnce ? 'new-rows' : 'nothing';
      rows[definition.name] = await appendBatch(table, decoder.batches.of(definition), txn, {}, reads);
    }
    return { window, loss, machineLoss, ledger, rows, decoder };
  }

  #sourceOf(target: IngestTarget): OpenSource {
    const key = `${target.source}\n${target.lake}`;
    let open = this.#sources.get(key);
    if (open === undefined) {
      const source = sourceOf(target.source, this.#venues);
      open = {
        source,
        tables: undefined,
        window: undefined,
        windowVersion: undefined,
        loss: new FrameLoss(),
        machineLoss: new MachineLoss(),
        ledger: undefined,
      };
      this.#sources.set(key, open);
    }
    return open;
  }

  /** @throws LakeError LAKE_NOT_FOUND when they are gone from where they were. */
  async #tablesOf(open: OpenSource, { lake, isKnown }: IngestTarget): Promise<readonly OpenTable[]> {
    for (const { table } of open.tables ?? []) requireLog(table.store);
    if (open.tables !== undefined) return open.tables;
    const tables: OpenTable[] = [];
    for (const definition of [...open.source.tables, QUARANTINE_TABLE, COVERAGE_TABLE])
      tables.push({ definition, table: await openLakeTable(lake, definition, isKnown) });
    open.tables = tables;
    return tables;
  }

  /** What came before the segment, with nothing staged. */
  async #windowFor(
    open: OpenSource,
    target: IngestTarget,
    segment: number,
    path: string,
  ): Promise<TableWindow> {
    open.window?.discard();
    const { dedup, venue } = open.source;
    const isElsewhere = hasCompany(open.source, target);
    const table = dedupTableOf(open);
    if (target.machine !== undefined) await table?.refresh();
    const isCurrent = !isElsewhere || table?.version === open.windowVersion;
    if (open.window !== undefined && isCurrent) return { window: open.window, stored: [] };
    const windowMs = Math.max(target.duplicateWindowMs, dedup?.leastWindowMs ?? 0);
    if (dedup === undefined || table === undefined) {
      open.window = new DedupWindow(windowMs);
      return { window: open.window, stored: [] };
    }
    const options = { table, dedup, venue, windowMs, nowMs: this.#clock.nowUs() / 1000 };
    // The table has the segment's own rows, another table lacks it: they must not count as second deliveries.
    if (table.txnVersion(target.appId) >= segment)
      return windowFromTable({ ...options, untilMs: (await firstReceiptUs(path)) / 1000 - 0.001 });
    if (!isElsewhere) {
      open.window = (await windowFromTable(options)).window;
      return { window: open.window, stored: [] };
    }
    const range = await rangeAround(path, windowMs);
    const found = await windowFromTable({ ...options, ...range });
    // Of a segment that waited for long it knows what others stored then, and not what they stored since.
    open.window = range.untilMs >= options.nowMs ? found.window : undefined;
    open.windowVersion = table.version;
    return found;
  }

  /** What is stored of the bars that the segment may tell of; undefined for a source of other things. */
  async #ledgerFor(open: OpenSource, path: string): Promise<BarLedger | undefined> {
    const tableOf = (wanted: LakeTable) =>
      open.tables?.find(({ definition }) => definition === wanted)?.table;
    const bars = tableOf(BARS_1M_TABLE);
    const corrections = tableOf(BAR_CORRECTIONS_TABLE);
    if (bars === undefined || corrections === undefined) return undefined;
    const { venue } = open.source;
    open.ledger?.discard();
    const ledger = open.ledger ?? new BarLedger();
    const firstUs = await firstReceiptUs(path);
    const isOld = this.#clock.nowUs() - firstUs > LEDGER_US / 2;
    const fromUs = open.ledger === undefined || isOld ? firstUs - LEDGER_US : undefined;
    // Of a segment that waited for long the ledger has forgotten what others may have stored meanwhile.
    const { untilMs } = isOld
      ? await rangeAround(path, LEDGER_US / 1000)
      : { untilMs: Number.MAX_SAFE_INTEGER };
    const untilUs = Math.min(Number.MAX_SAFE_INTEGER, untilMs * 1000);
    for (const span of historySpans(await historiesOf(path), fromUs, untilUs))
      await loadLedger(ledger, bars, corrections, { venue, ...span });
    open.ledger = ledger;
    return ledger;
  }
}

/** Whether others may store the same rows beside us: machines of an object store, or a backfill. */
function hasCompany({ history, tradeHistory }: Source, { lake }: IngestTarget): boolean {
  return isObjectStore(lake) || history !== undefined || tradeHistory !== undefined;
}

function dedupTableOf({ source, tables }: OpenSource): DeltaTable | undefined {
  return tables?.find(({ definition }) => definition === source.dedup?.table)?.table;
}

/** When the file was last written, in milliseconds since the epoch; undefined when it is gone. */
async function writtenAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function superseded(path: string): LakeError {
  return new LakeError(
    'SPOOL_SUPERSEDED',
    `the tables have later segments than ${path}, and may have it too`,
    {
      hint: 'it is set aside; `crypto-lake spool --take-back` stores what the tables lack of it',
    },
  );
}

function isMissing(path: string): LakeError {
  return new LakeError('SPOOL_MISSING', `spool segment ${path} is gone`, {
    hint: 'what was received is in that file: bring it back, and `crypto-lake spool --take-back` stores it',
  });
}
