/** A storing thread that never answers the first request it gets, over all of its lives, and 7 to each of the others. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

const { HANGING_MARK, HANGING_HOW, HANGING_PIPE } = process.env;
parentPort.on('message', ({ id }) => {
  if (existsSync(HANGING_MARK)) return parentPort.postMessage({ id, result: 7 });
  writeFileSync(HANGING_MARK, '');
  if (HANGING_HOW === 'in the system') readFileSync(HANGING_PIPE);
  while (HANGING_HOW === 'busy');
});
