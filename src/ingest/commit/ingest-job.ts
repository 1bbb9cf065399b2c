/** What the collecting thread asks of the storing one, and what it hears back. Plain data: it crosses threads. */

/** Opens a source: reads what its tables know already. */
export interface IngestTarget {
  readonly lake: string;
  /** The folder of all spools of the lake. */
  readonly spool: string;
  /** The id of a source in the registry. */
  readonly source: string;
  readonly appId: string;
  readonly duplicateWindowMs: number;
  /** Its tables were opened before, maybe in another thread: those that are gone now are not begun anew. */
  readonly isKnown?: boolean;
  /** The name of this machine where others collect the same source; undefined where we are alone. */
  readonly machine?: string | undefined;
}

/** One closed segment became rows. */
export interface IngestReport {
  readonly segment: number;
  /** Rows committed, by table; a table that had the segment already counts 0. */
  readonly rows: Readonly<Record<string, number>>;
  readonly duplicates: number;
  /** Newest event time seen, in microseconds since the epoch. */
  readonly lastEventUs: number | undefined;
  readonly elapsedMs: number;
}

/** Turns closed segments into table rows, one after the other. */
export interface Ingest {
  /** The highest segment number that any table of the target knows from this `appId`; 0 when none. */
  open(target: IngestTarget): Promise<number>;
  /** Stores one segment and deletes its file. Rejects when the tables could not take it: the file stays. */
  store(target: IngestTarget, segment: number): Promise<IngestReport>;
}
