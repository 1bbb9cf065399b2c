/** How the rows of a table lie in memory: eight bytes a value, what all rows of a series share left out. */
import {
  BIGINT,
  DATE,
  DOUBLE,
  type DuckDBType,
  quotedIdentifier,
  quotedString,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api';
import type { DataType } from '../../delta/format/schema.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';

export type CellKind = 'shared' | 'end' | 'day' | 'code' | 'double' | 'long' | 'timestamp' | 'date';

export interface LaidColumn {
  readonly name: string;
  readonly kind: CellKind;
  readonly type: DuckDBType;
  /** Which number of a row it is; for a code which one of those that share the last number. */
  readonly slot: number;
}

export interface RowLayout {
  readonly timeColumn: string;
  /** From the time of a row to its `close_time`, in microseconds. */
  readonly stepUs: number;
  readonly columns: readonly LaidColumn[];
  /** The slots of doubles. */
  readonly doubles: Int32Array;
  /** Numbers of a row: its time first; last its codes together, and what is in the cells of its doubles. */
  readonly width: number;
}

/** Columns that say which series a row is of. */
export const SHARED = ['venue', 'market', 'symbol', 'timeframe'];
/** So many texts of a row fit into one number, by their place in a list of at most 2^{@link CODE_BITS}. */
const MAX_CODES = 3;
const CODE_BITS = 17;
export const CODE_RANGE = 2 ** CODE_BITS;
/** Above the codes, in the same number, stands what the cells of the doubles of the row are: two bits are left. */
export const CONTENT_UNIT = CODE_RANGE ** MAX_CODES;

const TYPES: Partial<Record<string, readonly [CellKind, DuckDBType]>> = {
  string: ['code', VARCHAR],
  double: ['double', DOUBLE],
  long: ['long', BIGINT],
  timestamp: ['timestamp', TIMESTAMPTZ],
  date: ['date', DATE],
};

/** @returns undefined for a table with columns that do not fit. */
export function layOut({ schema }: Snapshot, timeColumn: string, stepUs: number): RowLayout | undefined {
  const columns: LaidColumn[] = [];
  let slots = 1;
  let codes = 0;
  for (const { name, type } of schema.fields) {
    const known = TYPES[textOf(type)];
    if (known === undefined) return undefined;
    const [kind, duckdb] = known;
    if (SHARED.includes(name)) columns.push({ name, kind: 'shared', type: duckdb, slot: -1 });
    else if (name === timeColumn) columns.push({ name, kind: 'timestamp', type: duckdb, slot: 0 });
    else if (name === 'close_time') columns.push({ name, kind: 'end', type: duckdb, slot: -1 });
    else if (name === 'date' && kind === 'date') columns.push({ name, kind: 'day', type: duckdb, slot: -1 });
    else columns.push({ name, kind, type: duckdb, slot: kind === 'code' ? codes++ : slots++ });
  }
  const isWhole = [...SHARED.slice(0, 3), timeColumn].every((name) => columns.some((of) => of.name === name));
  if (!isWhole || codes > MAX_CODES) return undefined;
  const doubles = Int32Array.from(columns.flatMap(({ kind, slot }) => (kind === 'double' ? [slot] : [])));
  return { timeColumn, stepUs, columns, doubles, width: slots + 1 };
}

function textOf(type: DataType): string {
  return typeof type === 'string' ? type : 'nested';
}

/** The texts of a row in SQL: of which series it is, and then those of its codes. */
export function textColumns({ columns }: RowLayout): string[] {
  const codes = columns.filter(({ kind }) => kind === 'code').map(({ name }) => quotedIdentifier(name));
  return ["concat_ws('|', venue, market, symbol)", ...codes];
}

/**
 * What is read of a table, all of it doubles, which cost least on their way: the places of the texts in their lists, the
 * numbers in their order, and whether the row has what its numbers could not tell: a NaN beside NULL, an integer beyond 2^53.
 */
export function selectList(layout: RowLayout, lists: readonly (readonly string[])[]): string {
  const { columns, timeColumn, stepUs } = layout;
  const numbers: string[] = [`CAST(epoch_us(${timeColumn}) AS DOUBLE)`];
  const odd: string[] = ["venue IS NULL OR market IS NULL OR symbol IS NULL OR contains(symbol, '|')"];
  for (const { name, kind, slot } of columns) {
    const column = quotedIdentifier(name);
    const put = (value: string) => {
      numbers[slot] = `coalesce(CAST(${value} AS DOUBLE), 'NaN'::DOUBLE)`;
    };
    if (kind === 'end') odd.push(`${column} IS DISTINCT FROM ${timeColumn} + to_microseconds(${stepUs})`);
    else if (kind === 'day') odd.push(`${column} IS DISTINCT FROM CAST(${timeColumn} AS DATE)`);
    else if (kind === 'date') put(`${column} - DATE '1970-01-01'`);
    else if (kind === 'timestamp' && slot > 0) put(`epoch_us(${column})`);
    else if (kind === 'double') {
      put(column);
      odd.push(`isnan(${column})`);
    } else if (kind === 'long') {
      put(column);
      odd.push(`abs(${column}) > 9007199254740991`);
    }
  }
  const places = textColumns(layout).map((text, index) => {
    const list = lists[index] ?? [];
    if (list.length === 0) return '-1::DOUBLE';
    return `coalesce(CAST(enum_code(CAST(${text} AS ENUM(${list.map(quotedString).join(', ')}))) AS DOUBLE), -1)`;
  });
  const flag = odd.map((text) => `coalesce(${text}, false)`).join(' OR ');
  return [...places, ...numbers, `CASE WHEN ${flag} THEN 1::DOUBLE ELSE 0::DOUBLE END`].join(', ');
}
