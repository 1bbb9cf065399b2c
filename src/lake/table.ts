/** What the lake knows of one of its tables: everything about it stands in its own file below `tables/`. */
export type ColumnType = 'string' | 'long' | 'double' | 'boolean' | 'date' | 'timestamp';

export interface LakeTable {
  readonly name: string;
  /** What one row is. */
  readonly description: string;
  /** Column name → type. Names and types are an interface: never renamed. Partition columns stand last. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Columns whose values stand in the log and in the folder names, not in the files; none for a small table. */
  readonly partitionBy: readonly string[];
  /** What a closed partition is sorted by. */
  readonly clusterBy: readonly string[];
  /** Rows of a row group, where those that are mostly read together are few: see `ROW_GROUP_ROWS`. */
  readonly rowGroupRows?: number;
  /** Columns that no two rows share all of: what a segment brings a second time is known by them. */
  readonly naturalKey?: readonly string[];
  /** The column that says when a row is from: time spans, freshness and `--since` go by it. */
  readonly timeColumn: string;
  /** Views and macros that build on this table and perhaps on others. */
  readonly views?: readonly LakeView[];
  /** Saved analyses, in the order in which `read --list` shows them. */
  readonly queries?: readonly NamedQuery[];
}

/** A table that segments are stored into. */
export type SegmentTable = LakeTable & Required<Pick<LakeTable, 'naturalKey'>>;

/** A view or macro over tables of the lake. */
export interface LakeView {
  readonly name: string;
  /** The tables that it is made of. */
  readonly reads: readonly string[];
  readonly sql: string;
}

/** SQL that people can run by name, look at, and take further. `$since` and `$until` are times in UTC. */
export interface NamedQuery {
  readonly name: string;
  readonly title: string;
  readonly sql: string;
  readonly trend?: Trend;
}

/** The last 24 hours of each row, for a sparkline. */
export interface Trend {
  /** Gives the row's key columns, `hour` (0 to 23; 23 is the newest) and `value`. */
  readonly sql: string;
  /** The value of the lowest bar; a row's own least value when it is not given. */
  readonly floor?: number;
}
