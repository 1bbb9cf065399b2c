/** Writes rows in one format, chunk by chunk. */
import type { JsonValue } from './json-value.ts';

export type Row = readonly JsonValue[];

export interface RowWriter {
  /** Takes some rows; resolves when they are on their way. */
  rows(rows: readonly Row[]): Promise<void>;
  /** Writes what the format has at its end. */
  end(): Promise<void>;
}
