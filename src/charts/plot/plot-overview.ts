/** The pictures of the overview, for a file. */

import { type LiquidationHour, runningTotal } from '../../query/overview/liquidation-hours.ts';
import { askCoverage, askHours, type LakeQuestion } from '../../query/overview/overview-data.ts';
import type { Plot } from './plot.ts';

const CELL_MINUTES = 15;

export async function plotOverview(question: LakeQuestion): Promise<readonly Plot[]> {
  const hours = await askHours(question);
  const days = await askCoverage(question, CELL_MINUTES);
  return [
    ...(hours.length > 0 ? [hourlyPlot(hours), totalPlot(hours)] : []),
    ...(days.length > 0
      ? [{ kind: 'coverage', title: `Coverage (UTC; a cell is ${CELL_MINUTES} min)`, days } as const]
      : []),
  ];
}

function hourlyPlot(hours: readonly LiquidationHour[]): Plot {
  return {
    kind: 'bars',
    title: 'Liquidations by hour (UTC), all venues: at least, since streams are samples',
    parts: ['longs closed', 'shorts closed'],
    bars: hours.map(({ startMs, longs, shorts, heard }) => {
      const hour = new Date(startMs).toISOString().slice(5, 16).replace('T', ' ');
      const mark = heard === 1 ? '' : heard > 0 ? ' (partly)' : ' (unheard)';
      return { label: hour + mark, values: [longs, shorts] };
    }),
  };
}

function totalPlot(hours: readonly LiquidationHour[]): Plot {
  const totals = runningTotal(hours);
  const points = hours.map(({ startMs }, index) => [startMs + 3_600_000, totals[index] ?? 0] as const);
  return {
    kind: 'lines',
    title: 'Running total of all venues, at least',
    series: [{ name: 'total', points: [[hours[0]?.startMs ?? 0, 0], ...points] }],
  };
}
