/**
 * Every setting of the program itself, declared once: the environment name, the kind of value, the default, and what it
 * means. Help texts are made from it. This file is loaded by `--help`: it holds data only, and knows no venue, whose
 * code takes longer to load than all of the help.
 */
import type { Setting } from '../base/setting.ts';
import { FIRST_VENUE } from '../lake/first-venue.ts';
import { MODEL_REGISTRY_SETTINGS } from './model-registry-settings.ts';
import { QUALITY_SETTINGS } from './quality-settings.ts';

export const SETTINGS = {
  lake: {
    env: 'CRYPTO_LAKE_DIR',
    kind: 'lake',
    fallback: 'tables',
    description: 'the lake, one folder a table: a folder, or `s3://BUCKET/PREFIX`',
  },
  spool: {
    env: 'CRYPTO_LAKE_SPOOL',
    kind: 'path',
    fallback: '',
    description:
      'folder of the spool, always on this machine: `_spool` in a lake that is a folder; one on S3 needs it',
  },
  venues: {
    env: 'CRYPTO_LAKE_VENUES',
    kind: 'list',
    fallback: FIRST_VENUE,
    description: 'venues of `liquidations`, separated by commas, or `all`',
  },
  cache: {
    env: 'CRYPTO_LAKE_CACHE',
    kind: 'path',
    fallback: '',
    description:
      'folder for copies of what lies on S3 and never changes; `~/.cache/crypto-lake` when not set',
  },
  cacheSize: {
    env: 'CRYPTO_LAKE_CACHE_SIZE',
    kind: 'size',
    fallback: '4GB',
    description: 'how much that folder may hold; a compaction needs room for the largest partition',
  },
  httpfs: {
    env: 'CRYPTO_LAKE_HTTPFS',
    kind: 'path',
    fallback: '',
    description:
      'the file `httpfs.duckdb_extension`, with which a query reads only parts of files on S3; else the one that DuckDB has installed',
  },
  flush: {
    env: 'CRYPTO_LAKE_FLUSH',
    kind: 'duration',
    fallback: '60s',
    description: 'how long frames gather before they become one commit',
  },
  interval: {
    env: 'CRYPTO_LAKE_PRICES_INTERVAL',
    kind: 'interval',
    fallback: '60s',
    description: 'time between two price polls, aligned to the wall clock (2s to 24h)',
  },
  quotes: {
    env: 'CRYPTO_LAKE_QUOTE',
    kind: 'list',
    fallback: 'USDT',
    description: 'quote assets whose pairs `prices` keeps',
  },
  symbols: {
    env: 'CRYPTO_LAKE_SYMBOLS',
    kind: 'list',
    fallback: '',
    description: 'symbols that `prices` keeps, instead of all of a quote asset',
  },
  barsRecheck: {
    env: 'CRYPTO_LAKE_BARS_RECHECK',
    kind: 'durations',
    fallback: '10m,24h',
    description: 'how long after its close a bar is read again, to find corrections; `off` for never',
  },
  sockets: {
    env: 'CRYPTO_LAKE_SOCKETS',
    kind: 'sockets',
    fallback: '2',
    description: 'connections to the liquidation stream: 2 cover each other, 1 halves the traffic',
  },
  duplicateWindow: {
    env: 'CRYPTO_LAKE_DUPLICATE_WINDOW',
    kind: 'duration',
    fallback: '10m',
    description: 'how long a liquidation is remembered, so that a second delivery is dropped',
  },
  unprovenAfter: {
    env: 'CRYPTO_LAKE_UNPROVEN_AFTER',
    kind: 'duration',
    fallback: '10m',
    description: 'silence of liquidations alone after which coverage is called unproven',
  },
  upkeep: {
    env: 'CRYPTO_LAKE_UPKEEP',
    kind: 'onOff',
    fallback: 'on',
    description: 'whether collectors and `once` run `compact` when it is due',
  },
  upkeepInterval: {
    env: 'CRYPTO_LAKE_UPKEEP_INTERVAL',
    kind: 'duration',
    fallback: '1h',
    description: 'time between two runs of upkeep beside a collector',
  },
  backupTo: {
    env: 'CRYPTO_LAKE_BACKUP_TO',
    kind: 'place',
    fallback: '',
    description:
      'folder, or `s3://BUCKET/PREFIX`, that collectors and `up` back the lake up into; no back-ups when not set',
  },
  backupInterval: {
    env: 'CRYPTO_LAKE_BACKUP_INTERVAL',
    kind: 'duration',
    fallback: '24h',
    description: 'time between two back-ups',
  },
  backupKeep: {
    env: 'CRYPTO_LAKE_BACKUP_KEEP',
    kind: 'duration',
    fallback: '7d',
    description: 'older back-ups are removed; the newest stays',
  },
  memory: {
    env: 'CRYPTO_LAKE_MEMORY',
    kind: 'size',
    fallback: '512MB',
    description: 'memory that compaction and queries may use before they spill to disk',
  },
  ...QUALITY_SETTINGS,
  logLevel: {
    env: 'LOG_LEVEL',
    kind: 'level',
    fallback: 'info',
    description: 'least level that is logged: trace, debug, info, warn, error, silent',
  },
  logToTerminal: {
    env: 'LOG_TO_TERMINAL',
    kind: 'boolean',
    fallback: 'true',
    description: 'whether logs go to stderr',
  },
  logToFile: {
    env: 'LOG_TO_FILE',
    kind: 'logFile',
    fallback: 'false',
    description: 'a log file, reopened on SIGHUP for logrotate, or false',
  },
  apiKey: {
    env: 'API_KEY',
    kind: 'secret',
    fallback: '',
    description: 'sent as X-MBX-APIKEY; no endpoint in use needs one; never logged',
  },
  httpsProxy: {
    env: 'HTTPS_PROXY',
    alias: 'https_proxy',
    kind: 'proxyUrl',
    fallback: '',
    description:
      'proxy for https and wss addresses, such as `http://proxy:8080`; never for this machine itself',
  },
  httpProxy: {
    env: 'HTTP_PROXY',
    alias: 'http_proxy',
    kind: 'proxyUrl',
    fallback: '',
    description: 'the same for http and ws addresses',
  },
  noProxy: {
    env: 'NO_PROXY',
    alias: 'no_proxy',
    kind: 'hosts',
    fallback: '',
    description: 'names (and all below them), addresses and subnets that are asked directly, or `*`',
  },
  extraCaCerts: {
    env: 'NODE_EXTRA_CA_CERTS',
    kind: 'file',
    fallback: '',
    description: 'PEM file of authorities to trust beside those of Node; from the environment only',
    onlyEnvironment: true,
  },
  host: {
    env: 'CRYPTO_LAKE_HOST',
    kind: 'host',
    fallback: '127.0.0.1',
    description: 'address of this machine that `serve` listens on',
  },
  port: {
    env: 'CRYPTO_LAKE_PORT',
    kind: 'port',
    fallback: '8000',
    description: 'port of `serve`; 0 picks a free one',
  },
  up: {
    env: 'CRYPTO_LAKE_UP',
    kind: 'list',
    fallback: 'liquidations,prices,serve',
    description:
      'what `up` runs: commands that run for long, as liquidations, prices, bars, derive, train, predict, serve',
  },
  trainSymbols: {
    env: 'CRYPTO_LAKE_TRAIN',
    kind: 'list',
    fallback: 'BTCUSDT',
    description: 'symbols of `train` and `predict`: `BTCUSDT` is spot, else `usdm:BTCUSDT`, `yahoo:AAPL`',
  },
  users: {
    env: 'CRYPTO_LAKE_USERS',
    kind: 'file',
    fallback: '',
    description:
      'file of the users of `serve`; `crypto-lake/users.json` in the folder of your settings when not set',
  },
  tokenSecret: {
    env: 'CRYPTO_LAKE_SECRET',
    kind: 'secret',
    fallback: '',
    description:
      'what tokens of `serve` are signed with, 32 characters or more; made and kept beside the users when not set',
  },
  corsOrigins: {
    env: 'CRYPTO_LAKE_CORS',
    kind: 'list',
    fallback: '',
    description: 'origins of web pages that may ask `serve`, as `https://example.com`',
  },
  proxies: {
    env: 'CRYPTO_LAKE_PROXIES',
    kind: 'list',
    fallback: '',
    description:
      'addresses of proxies before `serve` whose word about the client counts; users are needed then',
  },
  rateLimit: {
    env: 'CRYPTO_LAKE_RATE_LIMIT',
    kind: 'count',
    fallback: '600',
    description: 'requests that a user of `serve` may make in a minute',
  },
  openMetrics: {
    env: 'CRYPTO_LAKE_METRICS_OPEN',
    kind: 'onOff',
    fallback: 'off',
    description: 'whether `/metrics` of `serve` needs no token where everything else does',
  },
  ...MODEL_REGISTRY_SETTINGS,
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
