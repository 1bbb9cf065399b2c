/** Which columns of `indicators` the chart can draw, and where: over the prices, or in a pane of their own. */
export interface IndicatorLine {
  readonly column: string;
  readonly color: string;
  readonly style?: 'histogram';
}

export interface IndicatorKind {
  readonly id: string;
  readonly title: string;
  readonly place: 'overlay' | 'pane';
  readonly lines: readonly IndicatorLine[];
}

const BLUE = '#5aa2ff';
const ORANGE = '#f0a030';
const VIOLET = '#b58cff';
const GREEN = '#3dbb8f';
const RED = '#ef6f6c';
const GREY = '#8b97a8';

export const INDICATOR_KINDS: readonly IndicatorKind[] = [
  {
    id: 'sma',
    title: 'SMA 20, 50, 200',
    place: 'overlay',
    lines: [
      { column: 'sma_20', color: BLUE },
      { column: 'sma_50', color: ORANGE },
      { column: 'sma_200', color: VIOLET },
    ],
  },
  {
    id: 'ema',
    title: 'EMA 12, 26',
    place: 'overlay',
    lines: [
      { column: 'ema_12', color: GREEN },
      { column: 'ema_26', color: RED },
    ],
  },
  {
    id: 'bb',
    title: 'Bollinger 20, 2',
    place: 'overlay',
    lines: [
      { column: 'bb_upper', color: GREY },
      { column: 'bb_middle', color: GREY },
      { column: 'bb_lower', color: GREY },
    ],
  },
  { id: 'vwap', title: 'VWAP of the day', place: 'overlay', lines: [{ column: 'vwap_day', color: ORANGE }] },
  { id: 'rsi', title: 'RSI 14', place: 'pane', lines: [{ column: 'rsi_14', color: VIOLET }] },
  {
    id: 'macd',
    title: 'MACD 12, 26, 9',
    place: 'pane',
    lines: [
      { column: 'macd_histogram', color: GREY, style: 'histogram' },
      { column: 'macd', color: BLUE },
      { column: 'macd_signal', color: ORANGE },
    ],
  },
  {
    id: 'stoch',
    title: 'Stochastic 14, 3, 3',
    place: 'pane',
    lines: [
      { column: 'stoch_k', color: BLUE },
      { column: 'stoch_d', color: ORANGE },
    ],
  },
  {
    id: 'adx',
    title: 'ADX, ±DI 14',
    place: 'pane',
    lines: [
      { column: 'adx_14', color: VIOLET },
      { column: 'plus_di_14', color: GREEN },
      { column: 'minus_di_14', color: RED },
    ],
  },
  { id: 'atr', title: 'ATR 14', place: 'pane', lines: [{ column: 'atr_14', color: ORANGE }] },
  { id: 'cci', title: 'CCI 20', place: 'pane', lines: [{ column: 'cci_20', color: BLUE }] },
  { id: 'mfi', title: 'MFI 14', place: 'pane', lines: [{ column: 'mfi_14', color: GREEN }] },
  { id: 'willr', title: 'Williams %R 14', place: 'pane', lines: [{ column: 'williams_r_14', color: RED }] },
];
