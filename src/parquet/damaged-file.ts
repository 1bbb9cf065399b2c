/** What DuckDB says of a data file that is no Parquet, or not all of it. It names the file where it can. */

const NO_PARQUET =
  /too small to be a Parquet file|No magic bytes found|Decompression failure|Could not read enough bytes from file|Invalid string encoding found in Parquet file|^Invalid Error: (Parquet file is likely corrupted|TProtocolException|invalid TType|don't know what type|Variable-length int|Decode bit width too large|Page size mismatch|Payload value bigger than allowed|Out of buffer)/;

/** @param message of an error of DuckDB. */
export function isDamagedParquet(message: string): boolean {
  return NO_PARQUET.test(message);
}
