/** The settings of one run, parsed; handed down by the command line, read from nowhere else. */
export interface Config {
  /** A folder, or `s3://BUCKET/PREFIX`. */
  readonly lake: string;
  /** The folder of all spools; undefined for a lake that is not on this machine when none was chosen. */
  readonly spool: string | undefined;
  /** Names of venues, or `all`. */
  readonly venues: readonly string[];
  /** The folder of the cache of a lake that is not on this machine. */
  readonly cache: string;
  readonly cacheSize: number;
  readonly httpfs: string | undefined;
  readonly flush: number;
  readonly interval: number;
  readonly quotes: readonly string[];
  readonly symbols: readonly string[];
  /** Milliseconds; empty for never. */
  readonly barsRecheck: readonly number[];
  readonly sockets: 1 | 2;
  readonly duplicateWindow: number;
  readonly unprovenAfter: number;
  readonly upkeep: boolean;
  readonly upkeepInterval: number;
  readonly backupTo: string | undefined;
  readonly backupInterval: number;
  readonly backupKeep: number;
  readonly memory: number;
  readonly qualityJump: number;
  readonly qualityStuck: number;
  readonly qualityStale: number;
  readonly qualityDivergence: number;
  readonly qualityClock: number;
  readonly logLevel: string;
  readonly logToTerminal: boolean;
  readonly logToFile: string | undefined;
  readonly apiKey: string | undefined;
  /** Addresses of the venues by the name of their setting. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly httpsProxy: string | undefined;
  readonly httpProxy: string | undefined;
  readonly noProxy: readonly string[];
  readonly extraCaCerts: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly up: readonly string[];
  readonly trainSymbols: readonly string[];
  readonly users: string | undefined;
  readonly tokenSecret: string | undefined;
  readonly corsOrigins: readonly string[];
  readonly proxies: readonly string[];
  readonly rateLimit: number;
  readonly openMetrics: boolean;
  readonly mlflowTrackingUri: string | undefined;
  readonly mlflowExperiment: string;
  readonly mlflowS3Endpoint: string | undefined;
  readonly mlflowToken: string | undefined;
  readonly mlflowUsername: string | undefined;
  readonly mlflowPassword: string | undefined;
  readonly databricksHost: string;
  readonly databricksHttpPath: string;
  readonly databricksToken: string | undefined;
}

/** Where a value came from, for `crypto-lake config`. */
export type Origin = 'flag' | 'environment' | '.env' | 'default';
