import { LEAN_MEMORY } from '../../dist/base/lean-memory.js';
import { inMemory } from '../in-memory.js';

const NEEDED_BYTES = 3e9;

/** What a year of `derive --follow` and upkeep leaves behind, in fast motion; see `ours/derive-year.js`. */
export default {
  title:
    'A year of `derive --follow` with a moved clock: 3 symbols of 1m bars, one of them featured, and upkeep',
  note: 'The 21 days up to each look have 12 increments and an upkeep each, of those between five are taken in at once: what they leave in the log is cleaned up before anyone looks. A log is cleaned up to a checkpoint, which comes every 100 commits: its entries go up and down by as many, and are the mean of the last 8 days, in which each table has a checkpoint; so is the memory, that of the process that derives, in the environment that `up` gives its children; upkeep is a process of its own, as there. Files are those of a partition: each day has partitions of its own for ever. The lake is in memory: thousands of synced commits would be a bench of the disk',
  goals: {
    'files a partition, last / before': '≤ 1.2',
    'log entries, last / before': '≤ 1.2',
    'an increment, last / before': '≤ 1.2',
    'resident MiB, last / before': '≤ 1.2',
  },
  rounds: 1,
  ours: (context) => inMemory(context, 'derive-year.js', NEEDED_BYTES, LEAN_MEMORY),
};
