import { inMemory } from '../in-memory.js';

const NEEDED_BYTES = 4e9;

/** What a year of upkeep leaves behind, in fast motion; see `ours/year.js` for what is moved and what is scaled down. */
export default {
  title:
    'A year of a busy collector with a moved clock: prices of 450 symbols, 1,440 commits a day, upkeep each hour',
  note: 'Of the days whose commits are cleaned up before anyone looks (all but the 8 up to each look) only 4 commits are made: a real year has more bytes, not more files. The lake is in memory where there is room: 24,000 synced commits would be a bench of the disk',
  goals: { 'log entries, last / before': '≤ 1.1', 'snapshot load, last / before': '≤ 1.5' },
  rounds: 1,
  ours: (context) => inMemory(context, 'year.js', NEEDED_BYTES),
};
