/** `crypto-lake backfill bars|trades`: history by REST or from the archive; what is there already is left as it is. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MinuteRange } from '../../bars/plan-holes.ts';
import { durationText, elapsedText } from '../../base/duration.ts';
import { LakeError } from '../../base/errors.ts';
import { parseMoment } from '../../base/time-text.ts';
import { type BackfillProgress, backfillBars, lastMinute } from '../../services/backfill/backfill-bars.ts';
import { estimateRest } from '../../services/backfill/backfill-plan.ts';
import { backfillTrades } from '../../services/backfill/backfill-trades.ts';
import { readDue } from '../../services/bars/due-minutes.ts';
import { VENUES } from '../../sources/registry.ts';
import type { Source } from '../../sources/source.ts';
import type { Venue } from '../../sources/venue.ts';
import { symbolText, type WatchedSymbol } from '../../sources/watched-symbol.ts';
import { acquireLock } from '../../spool/state/lock.ts';
import { isAlive, readHolder } from '../../spool/state/lock-holder.ts';
import { spoolFolder } from '../../spool/state/spool-folder.ts';
import { chosenSymbols } from '../chosen-symbols.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { openNetwork } from '../open-network.ts';
import { showProgress } from '../progress.ts';

export const backfill: Command = async (context, flags, [what = 'bars']) => {
  const { config, io, clock, signal } = context;
  const spool = await makeLake(config);
  const folder = join(spool, 'backfill');
  await mkdir(folder, { recursive: true });
  const lock = await acquireLock(folder, { purpose: 'crypto-lake backfill', waitMs: 0 });
  try {
    const symbols = await chosenSymbols(context);
    for (const venue of VENUES) {
      const own = symbols.filter((one) => one.venue === venue.name);
      const source = venue.sources.find((one) =>
        what === 'bars' ? one.history !== undefined : one.tradeHistory !== undefined,
      );
      if (own.length === 0) continue;
      if (source === undefined) throw noHistory(venue, what);
      const network = await openNetwork(venue, config, spool, clock);
      try {
        const range = await rangeOf(context, flags, spool, source, own);
        checkAge(venue, source, range, clock.nowUs());
        const isArchive = flags.source === 'archive';
        const archive = isArchive ? (what === 'bars' ? source.barArchive : source.tradeArchive) : undefined;
        if (isArchive && archive === undefined) throw noHistory(venue, `archived ${what}`);
        if (archive !== undefined) io.say(archive.licence);
        const days = (range.toUs - range.fromUs) / 86_400_000_000;
        const limitOf = (url: string) => venue.limits.pool(new URL(url)).limit;
        const cost =
          what === 'bars' && source.history !== undefined && !isArchive
            ? estimateRest(source.history, network.addresses, own, range, limitOf)
            : undefined;
        io.say(
          `${own.map(symbolText).slice(0, 5).join(', ')}${own.length > 5 ? ` and ${own.length - 5} more` : ''}: ${days.toFixed(1)} days${
            cost === undefined
              ? ''
              : `, ${cost.minutes.toLocaleString('en')} minutes in at most ${cost.requests.toLocaleString('en')} requests, at least ${durationText(cost.seconds * 1000)} by the limits of ${venue.title}`
          }`,
        );
        let progress: BackfillProgress = { doneUs: range.fromUs, rows: 0 };
        const display = showProgress(io, () => ({
          share: (progress.doneUs - range.fromUs) / Math.max(1, range.toUs - range.fromUs),
          detail: `up to ${new Date(progress.doneUs / 1000).toISOString().slice(0, 10)}, ${progress.rows.toLocaleString('en')} rows`,
        }));
        const startedMs = clock.monotonicMs();
        const shared = {
          lake: config.lake,
          clock,
          network,
          symbols: own,
          range,
          onProgress: (now: BackfillProgress) => {
            progress = now;
          },
          onNotice: (text: string) => io.say(text),
          signal,
        };
        const rows = await run(what, source, shared, isArchive).finally(() => display.stop());
        io.say(
          `stored ${rows.toLocaleString('en')} ${what} in ${elapsedText(clock.monotonicMs() - startedMs)}`,
        );
      } finally {
        await network.rest.close();
      }
    }
  } finally {
    await lock.release();
  }
};

type Shared = Omit<Parameters<typeof backfillBars>[0], 'history' | 'dedup' | 'archive'>;

function run(what: string, source: Source, shared: Shared, isArchive: boolean): Promise<number> {
  const { history, dedup, tradeHistory, barArchive, tradeArchive } = source;
  if (what === 'bars' && history !== undefined)
    return backfillBars({ ...shared, history, dedup, archive: isArchive ? barArchive : undefined });
  if (tradeHistory !== undefined)
    return backfillTrades({
      ...shared,
      history: tradeHistory,
      archive: isArchive ? tradeArchive : undefined,
    });
  throw new TypeError(`${source.id} has no history`);
}

/** What a collector that runs is owed is its own: two that fill one hole would fill it twice. */
async function rangeOf(
  { clock, io }: CommandContext,
  flags: Flags,
  spool: string,
  source: Source,
  symbols: readonly WatchedSymbol[],
): Promise<MinuteRange> {
  const nowMs = clock.nowUs() / 1000;
  const fromUs = Math.floor(parseMoment(String(flags.since), nowMs) / 60_000) * 60_000_000;
  const asked = flags.until === undefined ? nowMs : parseMoment(String(flags.until), nowMs);
  let toUs = Math.min(Math.floor(asked / 60_000) * 60_000_000, lastMinute(nowMs * 1000));
  const folder = spoolFolder(spool, source.id);
  const path = join(folder, 'lock');
  const holder = await readHolder(path);
  if (holder !== 'none' && (await isAlive(holder, path))) {
    const due = await readDue(folder);
    const owed = symbols.flatMap(({ market, symbol }) => due.get(`${market}:${symbol}`)?.checkedUs ?? []);
    const firstUs = Math.min(toUs, ...owed);
    if (firstUs < toUs)
      io.say(
        `what is newer than ${new Date(firstUs / 1000).toISOString()} is filled by the collector that runs`,
      );
    toUs = firstUs;
  }
  if (toUs > fromUs) return { fromUs, toUs };
  throw new LakeError('USAGE', 'there is no minute between `--since` and `--until`', {
    hint: 'for example `--since 2026-01-01 --until 2026-02-01`; the end is exclusive',
  });
}

/** @throws LakeError USAGE for bars that the venue does not tell any more. */
function checkAge({ title }: Venue, { history }: Source, { fromUs }: MinuteRange, nowUs: number): void {
  const { maxAgeMinutes } = history ?? {};
  if (maxAgeMinutes === undefined || fromUs >= nowUs - (maxAgeMinutes + 1) * 60_000_000) return;
  const days = Math.floor(maxAgeMinutes / 1440);
  throw new LakeError('USAGE', `${title} has no bars of minutes that are older than ${days} days`, {
    hint: `for example \`--since ${days}d\``,
  });
}

function noHistory(venue: Venue, what: string): LakeError {
  return new LakeError('USAGE', `${venue.title} has no ${what}`, {
    hint: 'see `crypto-lake backfill --help`',
  });
}
