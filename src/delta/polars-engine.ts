/** Reads checkpoints with Polars: for processes that have it loaded to write Parquet anyway. */
import pl from 'nodejs-polars';
import type { CheckpointEngine } from './checkpoint-engine.ts';
import { actionsOfRows } from './checkpoint-rows.ts';

export const polarsEngine: CheckpointEngine = {
  async readActions(path) {
    const json = pl.readParquet(path).writeJSON({ format: 'lines' }) as Buffer;
    return actionsOfRows(json.toString().split('\n'), path);
  },
};
