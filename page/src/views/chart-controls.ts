/** Symbol, timeframe, and what is drawn: each choice is part of the address. */
import { get, type ListAnswer, type Row } from '../api.ts';
import { INDICATOR_KINDS } from '../chart/indicator-kinds.ts';
import { TIMEFRAMES } from '../chart/timeframes.ts';
import { h } from '../dom.ts';
import { setParameters } from '../route.ts';

export interface ChartControlsOptions {
  readonly symbol: string;
  readonly timeframe: string;
  readonly shown: readonly string[];
  readonly signal: AbortSignal;
}

const MAX_SYMBOLS = 5000;
const WIDE_PX = 700;

export async function chartControls({
  symbol,
  timeframe,
  shown,
  signal,
}: ChartControlsOptions): Promise<HTMLElement> {
  const choose = (changes: Readonly<Record<string, string>>) => {
    setParameters(changes);
    dispatchEvent(new HashChangeEvent('hashchange'));
  };
  const search = h('input', {
    type: 'search',
    list: 'symbols',
    value: symbol,
    size: 14,
    onchange: (event: Event) => {
      const { value } = event.target as HTMLInputElement;
      if (value.trim() !== '') choose({ symbol: value.trim() });
    },
  });
  const list = h('datalist', { id: 'symbols' });
  const frames = Object.keys(TIMEFRAMES).map((name) =>
    h(
      'button',
      {
        type: 'button',
        'aria-pressed': String(name === timeframe),
        onclick: () => choose({ timeframe: name }),
      },
      name,
    ),
  );
  const kinds = [...INDICATOR_KINDS, { id: 'liquidations', title: 'Liquidations' }].map(({ id, title }) => {
    const next = shown.includes(id) ? shown.filter((other) => other !== id) : [...shown, id];
    return h(
      'button',
      {
        type: 'button',
        'aria-pressed': String(shown.includes(id)),
        onclick: () => choose({ show: next.filter(Boolean).join(',') || 'none' }),
      },
      title,
    );
  });
  const { data } = await get<ListAnswer<Row>>('/symbols', { limit: MAX_SYMBOLS }, signal);
  const names = new Set(data.map((row) => String(row.symbol)));
  list.append(...[...names].map((name) => h('option', { value: name })));
  return h(
    'div',
    { class: 'bar' },
    h('label', { class: 'field' }, 'Symbol', search),
    list,
    h('fieldset', {}, h('legend', { class: 'visually-hidden' }, 'Timeframe'), ...frames),
    h(
      'details',
      // On a small screen the chart matters more than what else could be drawn.
      { open: innerWidth >= WIDE_PX },
      h('summary', {}, 'Drawn'),
      h('fieldset', {}, h('legend', { class: 'visually-hidden' }, 'Drawn'), ...kinds),
    ),
  );
}
