/** The forms in which rows leave the program. */
export const FORMATS = ['table', 'json', 'ndjson', 'csv', 'markdown', 'parquet', 'arrow'] as const;
export type Format = (typeof FORMATS)[number];

/** Whether it is bytes, not text. */
export function isBinary(format: Format): format is 'parquet' | 'arrow' {
  return format === 'parquet' || format === 'arrow';
}
