import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { LIQUIDATION_TABLE } from '../../src/lake/tables/liquidation.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { openSession } from '../../src/query/session/open-session.ts';
import { compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import { temporaryFolder } from '../support/program.ts';

/** The long form: `CRYPTO_LAKE_TEST_SECONDS=60 npx vitest run tests/upkeep/concurrent.test.ts`. */
const SECONDS = Number(process.env.CRYPTO_LAKE_TEST_SECONDS ?? 4);
const COMMITS_A_SECOND = 50;
const ROWS = 10;
const DAY_US = Date.UTC(2026, 10, 1) * 1000;

/** Commit `n`: ten rows whose quantity is `n`. */
function batchOf(n: number): TableBatch {
  const batch = new TableBatch(LIQUIDATION_TABLE);
  for (let row = 0; row < ROWS; row++) {
    const us = DAY_US + n * 1000 + row;
    batch.add(us, {
      venue: 'binance',
      market: 'usdm',
      symbol: `SYM${row}USDT`,
      side: 'SELL',
      order_type: 'LIMIT',
      time_in_force: 'IOC',
      status: 'FILLED',
      price: 1,
      average_price: 1,
      quantity: n,
      last_filled_quantity: 1,
      filled_quantity: 1,
      contract_size: null,
      notional: 1,
      trade_time: us,
      event_time: us,
      received_at: us,
      connection: 'ws-1',
    });
  }
  return batch;
}

describe('appends, compaction and readers at once', () => {
  it(
    'every reader sees whole commits in order, and at the end all rows are there once',
    async () => {
      const lake = await temporaryFolder();
      await openLakeTable(lake, LIQUIDATION_TABLE);
      const deadline = performance.now() + SECONDS * 1000;
      const isOver = () => performance.now() > deadline;
      let appended = 0;
      let compacted = 0;
      let reads = 0;

      const appender = async () => {
        const table = await openLakeTable(lake, LIQUIDATION_TABLE);
        const started = performance.now();
        while (!isOver()) {
          const outcome = await appendBatch(table, batchOf(appended + 1), {
            appId: 'test',
            version: appended + 1,
          });
          expect(outcome).toBe(ROWS);
          appended++;
          await sleep(started + (appended * 1000) / COMMITS_A_SECOND - performance.now());
        }
      };
      const compactor = async () => {
        const table = await DeltaTable.open(new LocalStore(join(lake, 'liquidation')), {
          checkpoints: PARQUET_CHECKPOINTS,
        });
        while (!isOver()) {
          const report = await compactTable(table, {
            clusterBy: LIQUIDATION_TABLE.clusterBy,
            curve: 'none',
            targetBytes: 2 ** 27,
            memoryBytes: 2 ** 28,
            nowMs: DAY_US / 1000 + 10 * 86_400_000,
            all: false,
            only: undefined,
            dryRun: false,
            signal: new AbortController().signal,
          });
          expect(report.failed).toEqual([]);
          compacted += report.done.length;
          await sleep(50);
        }
      };
      const read = async () => {
        const sql = 'SELECT count(*), count(DISTINCT quantity), max(quantity) FROM liquidation';
        const session = await openSession({ lake, memoryBytes: 2 ** 28, sql });
        try {
          const [row = []] = (await session.connection.runAndReadAll(sql)).getRows();
          return row.map((cell) => Number(cell));
        } finally {
          await session.close();
        }
      };
      const reader = async () => {
        let before = 0;
        while (!isOver()) {
          const [rows = 0, commits = 0, newest] = await read();
          expect([rows, newest]).toEqual([commits * ROWS, commits]);
          expect(rows).toBeGreaterThanOrEqual(before);
          before = rows;
          reads++;
        }
      };

      await Promise.all([appender(), compactor(), reader(), reader()]);
      expect(await read()).toEqual([appended * ROWS, appended, appended]);
      expect([appended > SECONDS, compacted > 0, reads > 0]).toEqual([true, true, true]);
    },
    (SECONDS + 60) * 1000,
  );
});
