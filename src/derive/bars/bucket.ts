/**
 * One bar of several minutes while its minutes come, in order of time. Sums are exact; quiet minutes count for the
 * prices, since their prices are those of the close before.
 */
import { type BarSeries, COMPLETENESS, ORIGINS, PARTIAL } from './bar-series.ts';
import { ExactSum } from './exact-sum.ts';

const PROVEN = COMPLETENESS.indexOf('proven');
const COUNTED = COMPLETENESS.indexOf('counted');
const QUIET = COMPLETENESS.indexOf('quiet');
const MIXED = ORIGINS.indexOf('mixed');

export class Bucket {
  openTimeUs: number;
  readonly minutesExpected: number;
  minutes = 0;
  open = Number.NaN;
  high = Number.NaN;
  low = Number.NaN;
  close = Number.NaN;
  readonly volume = new ExactSum();
  readonly quoteVolume = new ExactSum();
  readonly takerBuyVolume = new ExactSum();
  readonly takerBuyQuoteVolume = new ExactSum();
  tradeCount = 0;
  firstTradeId = Number.NaN;
  lastTradeId = Number.NaN;
  eventTime = Number.NaN;
  knownAt = 0;
  origin = -1;
  #worst = 0;
  #isQuiet = true;

  constructor(openTimeUs: number, minutesExpected: number) {
    this.openTimeUs = openTimeUs;
    this.minutesExpected = minutesExpected;
  }

  /** Empty again, for another time. */
  restart(openTimeUs: number): void {
    this.openTimeUs = openTimeUs;
    this.minutes = 0;
    this.open = Number.NaN;
    this.high = Number.NaN;
    this.low = Number.NaN;
    this.close = Number.NaN;
    this.volume.reset();
    this.quoteVolume.reset();
    this.takerBuyVolume.reset();
    this.takerBuyQuoteVolume.reset();
    this.tradeCount = 0;
    this.firstTradeId = Number.NaN;
    this.lastTradeId = Number.NaN;
    this.eventTime = Number.NaN;
    this.knownAt = 0;
    this.origin = -1;
    this.#worst = 0;
    this.#isQuiet = true;
  }

  add(bars: BarSeries, row: number): void {
    const { columns } = bars;
    if (this.minutes++ === 0) {
      this.open = columns.open[row] as number;
      this.high = columns.high[row] as number;
      this.low = columns.low[row] as number;
    } else {
      this.high = Math.max(this.high, columns.high[row] as number);
      this.low = Math.min(this.low, columns.low[row] as number);
    }
    this.close = columns.close[row] as number;
    this.volume.add(columns.volume[row] as number);
    this.quoteVolume.add(columns.quote_volume[row] as number);
    this.takerBuyVolume.add(columns.taker_buy_volume[row] as number);
    this.takerBuyQuoteVolume.add(columns.taker_buy_quote_volume[row] as number);
    this.#addFacts(bars, row);
  }

  #addFacts({ columns, completeness, origin }: BarSeries, row: number): void {
    this.tradeCount += columns.trade_count[row] as number;
    const first = columns.first_trade_id[row] as number;
    if (Number.isNaN(this.firstTradeId)) this.firstTradeId = first;
    const last = columns.last_trade_id[row] as number;
    if (!Number.isNaN(last)) this.lastTradeId = last;
    const eventTime = columns.event_time[row] as number;
    if (!(eventTime <= this.eventTime) && !Number.isNaN(eventTime)) this.eventTime = eventTime;
    this.knownAt = Math.max(this.knownAt, columns.known_at[row] as number);
    const from = origin[row] as number;
    this.origin = this.origin === -1 || this.origin === from ? from : MIXED;
    const how = completeness[row] as number;
    if (how !== QUIET) {
      this.#isQuiet = false;
      this.#worst = Math.max(this.#worst, how);
    }
  }

  /** Adds a shorter bucket that comes after all that was added: the same as adding its minutes. */
  addBucket(later: Bucket): void {
    if (this.minutes === 0) {
      this.open = later.open;
      this.high = later.high;
      this.low = later.low;
    } else {
      this.high = Math.max(this.high, later.high);
      this.low = Math.min(this.low, later.low);
    }
    this.minutes += later.minutes;
    this.close = later.close;
    this.volume.addSum(later.volume);
    this.quoteVolume.addSum(later.quoteVolume);
    this.takerBuyVolume.addSum(later.takerBuyVolume);
    this.takerBuyQuoteVolume.addSum(later.takerBuyQuoteVolume);
    this.tradeCount += later.tradeCount;
    if (Number.isNaN(this.firstTradeId)) this.firstTradeId = later.firstTradeId;
    if (!Number.isNaN(later.lastTradeId)) this.lastTradeId = later.lastTradeId;
    if (!(later.eventTime <= this.eventTime) && !Number.isNaN(later.eventTime))
      this.eventTime = later.eventTime;
    this.knownAt = Math.max(this.knownAt, later.knownAt);
    this.origin = this.origin === -1 || this.origin === later.origin ? later.origin : MIXED;
    this.#worst = Math.max(this.#worst, later.#worst);
    this.#isQuiet &&= later.#isQuiet;
  }

  get isWhole(): boolean {
    return this.minutes === this.minutesExpected;
  }

  get completeness(): number {
    if (!this.isWhole || this.#worst > COUNTED) return PARTIAL;
    if (this.#worst === COUNTED) return COUNTED;
    return this.#isQuiet ? QUIET : PROVEN;
  }

  /** Puts it at the end of a series of its length. */
  appendTo(bars: BarSeries): void {
    bars.reserve(1);
    const at = bars.length++;
    const { columns } = bars;
    columns.open_time[at] = this.openTimeUs;
    columns.open[at] = this.open;
    columns.high[at] = this.high;
    columns.low[at] = this.low;
    columns.close[at] = this.close;
    columns.volume[at] = this.volume.value;
    columns.quote_volume[at] = this.quoteVolume.value;
    columns.trade_count[at] = this.tradeCount;
    columns.taker_buy_volume[at] = this.takerBuyVolume.value;
    columns.taker_buy_quote_volume[at] = this.takerBuyQuoteVolume.value;
    columns.first_trade_id[at] = this.firstTradeId;
    columns.last_trade_id[at] = this.lastTradeId;
    columns.event_time[at] = this.eventTime;
    columns.known_at[at] = this.knownAt;
    bars.completeness[at] = this.completeness;
    bars.origin[at] = this.origin;
  }
}
