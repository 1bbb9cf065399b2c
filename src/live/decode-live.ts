/** A frame of a collector → rows for the channels, by the same code that makes the rows of the tables. */
import type { Facts } from '../base/facts.ts';
import type { LakeTable } from '../lake/table.ts';
import { LIVE_DECODERS } from '../sources/live-decoders.ts';
import type { LiveCell, LiveEvent, LiveFrame, LiveRow } from '../sources/live-event.ts';
import { VENUES } from '../sources/registry.ts';
import { readFacts } from '../spool/state/facts-file.ts';
import { spoolFolder } from '../spool/state/spool-folder.ts';
import { LiveRows } from './live-rows.ts';

const LIQUIDATION = 'liquidation';
const FACTS_MS = 60_000;

export class LiveDecoder {
  readonly #spool: string | undefined;
  readonly #facts = new Map<string, { facts: Facts; readonly readMs: number }>();

  constructor(spool: string | undefined) {
    this.#spool = spool;
  }

  /** @returns nothing for what only the log tells of, and for what no parser understands. */
  decode(frame: LiveFrame): readonly LiveEvent[] {
    const own = LIVE_DECODERS[frame.source];
    if (own !== undefined) return own(frame);
    const source = VENUES.flatMap(({ sources }) => sources).find(({ id }) => id === frame.source);
    if (source === undefined || source.feed === undefined) return [];
    const rows = new LiveRows();
    const { receivedAtUs, connection, payload } = frame;
    source.decode({ kind: 'frame', receivedAtUs, connection, payload }, this.#factsOf(source.id), rows);
    return rows.all.flatMap(({ table, row }) => eventOf(table, row));
  }

  /** What the collector knows of contracts, from its folder; what is not there yet leaves a value unknown. */
  #factsOf(source: string): Facts {
    const spool = this.#spool;
    if (spool === undefined) return {};
    const known = this.#facts.get(source);
    if (known === undefined || performance.now() - known.readMs > FACTS_MS) {
      const entry = { facts: known?.facts ?? {}, readMs: performance.now() };
      this.#facts.set(source, entry);
      void readFacts(spoolFolder(spool, source)).then((facts) => {
        entry.facts = facts;
      });
    }
    return known?.facts ?? {};
  }
}

function eventOf(table: LakeTable, row: Readonly<Record<string, LiveCell>>): LiveEvent[] {
  if (table.name !== LIQUIDATION) return [];
  const cells = Object.entries(row).map(([name, value]) => [
    name,
    table.columns[name] === 'timestamp' && typeof value === 'number' ? isoOf(value) : value,
  ]);
  return [{ kind: 'liquidation', row: Object.fromEntries(cells) as LiveRow }];
}

/** As the API writes times. @param us microseconds since the epoch. */
export function isoOf(us: number): string {
  const ms = Math.floor(us / 1000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1000).padStart(3, '0')}Z`;
}
