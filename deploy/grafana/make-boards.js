/** Writes the four boards: `node deploy/grafana/make-boards.js`. Boards are data; this keeps them alike. */
import { writeFileSync } from 'node:fs';

/** The variable of the board: what Grafana fills in. */
const DATASOURCE = `\${datasource}`;
const m = (name) => `crypto_lake_${name}`;
const BOARDS = {
  system: [
    [
      'Memory',
      'bytes',
      [
        [m('process_resident_memory_bytes'), '{{command}} resident'],
        [m('process_heap_bytes'), 'heap {{state}}'],
      ],
    ],
    ['Processor', 'percentunit', [[`rate(${m('process_cpu_seconds_total')}[5m])`, '{{mode}}']]],
    ['Event loop lag', 's', [[m('event_loop_lag_seconds'), '{{share}}']]],
    ['Event loop utilization', 'percentunit', [[m('event_loop_utilization'), 'busy']]],
    ['Garbage collection', 'percentunit', [[`rate(${m('gc_seconds_total')}[5m])`, 'share of time']]],
    ['Open files', 'short', [[m('process_open_fds'), 'files and sockets']]],
    [
      'Disk',
      'bytes',
      [
        [m('disk_free_bytes'), 'free'],
        [m('disk_size_bytes'), 'size'],
      ],
    ],
    ['Bytes of tables', 'bytes', [[m('table_bytes'), '{{table}}']]],
    ['Small files', 'short', [[m('table_small_files'), '{{table}}']]],
    ['Age of the newest commit', 's', [[m('table_last_commit_age_seconds'), '{{table}}']]],
    ['Processes of `up`', 'bool_yes_no', [[m('service_up'), '{{service}}']]],
    ['Upkeep and back-ups', 'short', [[m('upkeep_runs_total'), '{{task}} {{outcome}}']]],
  ],
  collectors: [
    ['Working', 'bool_yes_no', [[m('collector_up'), '{{source}}']]],
    ['Heartbeat', 's', [[m('collector_heartbeat_age_seconds'), '{{source}}']]],
    ['Frames', 'ops', [[`rate(${m('collector_frames_total')}[5m])`, '{{source}}']]],
    ['Rows stored', 'ops', [[`rate(${m('collector_rows_total')}[5m])`, '{{table}}']]],
    ['Listened to, last 24 h', 'percentunit', [[m('listening_ratio'), '{{source}}']]],
    ['Missed by one connection, 24 h', 'short', [[m('frames_missed'), '{{source}}']]],
    ['Spool', 'bytes', [[m('spool_bytes'), '{{source}}']]],
    [
      'Segments that wait',
      'short',
      [
        [m('collector_backlog_segments'), '{{source}}'],
        [m('spool_segments'), '{{source}} files'],
      ],
    ],
    ['Not understood, 24 h', 'short', [[m('quarantined'), '{{source}}: {{reason}}']]],
    ['Bans', 's', [[m('rest_banned_seconds'), '{{host}}']]],
    ['Liquidations, 24 h, at least', 'short', [[m('liquidations'), '{{venue}} {{side}}']]],
  ],
  processing: [
    ['Bars of 1m, 24 h', 'short', [[m('bars_closed'), '{{origin}} {{completeness}}']]],
    ['Minutes without a bar, 24 h', 'short', [[m('bars_open_holes'), '{{market}}']]],
    ['From close to receipt', 's', [[m('bars_lag_seconds'), '{{origin}}']]],
    ['Corrections, 24 h', 'short', [[m('bars_corrected'), '{{market}}']]],
    ['Since the newest close', 's', [[m('derived_age_seconds'), '{{timeframe}}']]],
    ['Findings of quality, 24 h', 'short', [[m('quality_findings'), '{{check}} {{severity}}']]],
    ['Rows', 'short', [[m('table_rows'), '{{table}}']]],
    ['Age of the newest row', 's', [[m('table_newest_row_age_seconds'), '{{table}}']]],
  ],
  api: [
    ['Requests', 'reqps', [[`sum by (route) (rate(${m('http_requests_total')}[5m]))`, '{{route}}']]],
    [
      'Errors',
      'reqps',
      [[`sum by (status) (rate(${m('http_requests_total')}{status=~"4..|5.."}[5m]))`, '{{status}}']],
    ],
    [
      'Time, p99',
      's',
      [
        [
          `histogram_quantile(0.99, sum by (le, route) (rate(${m('http_request_seconds')}_bucket[5m])))`,
          '{{route}}',
        ],
      ],
    ],
    [
      'Time, median',
      's',
      [
        [
          `histogram_quantile(0.5, sum by (le, route) (rate(${m('http_request_seconds')}_bucket[5m])))`,
          '{{route}}',
        ],
      ],
    ],
    [
      'Known answers',
      'percentunit',
      [
        [
          `sum(rate(${m('answers_total')}{cache="hit"}[5m])) / sum(rate(${m('answers_total')}[5m]))`,
          'hit rate',
        ],
      ],
    ],
    ['Queries', 'short', [[m('queries'), '{{state}}']]],
    [
      'WebSockets',
      'short',
      [
        [m('ws_clients'), 'clients'],
        [m('ws_subscriptions'), 'subscriptions'],
      ],
    ],
    [
      'Slow readers',
      'short',
      [
        [m('ws_messages_dropped_total'), 'replaced'],
        [m('ws_closed_slow_total'), 'closed'],
      ],
    ],
    ['Live rows', 'ops', [[`rate(${m('live_events_total')}[5m])`, 'rows']]],
    ['Bytes', 'Bps', [[`rate(${m('http_response_bytes_total')}[5m])`, 'answers']]],
  ],
};

for (const [name, panels] of Object.entries(BOARDS)) {
  const board = {
    uid: `crypto-lake-${name}`,
    title: `crypto-lake: ${name}`,
    tags: ['crypto-lake'],
    schemaVersion: 39,
    version: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Prometheus',
          type: 'datasource',
          query: 'prometheus',
          current: {},
          hide: 0,
        },
      ],
    },
    panels: panels.map(([title, unit, queries], index) => ({
      id: index + 1,
      title,
      type: 'timeseries',
      datasource: { type: 'prometheus', uid: DATASOURCE },
      gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 8, w: 12, h: 8 },
      fieldConfig: { defaults: { unit, custom: { lineWidth: 1, fillOpacity: 8 } }, overrides: [] },
      options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
      targets: queries.map(([expr, legendFormat], target) => ({
        refId: String.fromCharCode(65 + target),
        datasource: { type: 'prometheus', uid: DATASOURCE },
        expr,
        legendFormat,
      })),
    })),
  };
  writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(board, undefined, 2)}\n`);
}
