import { join } from 'node:path';
import pl from 'nodejs-polars';
import { expect, it } from 'vitest';
import { concatSmallFiles } from '../../../src/ingest/write/concat-small-files.ts';
import { temporaryFolder } from '../../support/program.ts';

it('many small files take a few queries, files of other columns and types beside them, and every row comes once', async () => {
  const folder = await temporaryFolder();
  const paths: string[] = [];
  const write = (frame: pl.DataFrame) => {
    const path = join(folder, `${paths.length}.parquet`);
    frame.writeParquet(path);
    paths.push(path);
  };
  for (let n = 0; n < 70; n++) write(pl.DataFrame({ n: [n, n + 0.5], text: ['a', 'b'] }));
  write(pl.DataFrame({ n: [70] }));
  write(pl.DataFrame({ n: [71], text: [0.5] }));
  // One that is scanned by itself.
  write(pl.DataFrame({ n: Array.from({ length: 200_000 }, (_, n) => 100 + Math.sqrt(n)) }));
  const queries = [...concatSmallFiles(paths)];
  expect(queries.length).toBeLessThanOrEqual(6);
  const numbers = queries.flatMap((query) => query.collectSync().getColumn('n').toArray() as number[]);
  expect(numbers).toHaveLength(140 + 2 + 200_000);
  expect(new Set(numbers).size).toBe(numbers.length);
});
