/** Names of the files under `_delta_log/`. Source: Delta protocol, "Delta Log Entries", "Checkpoints". */
export const LOG_FOLDER = '_delta_log';
export const LAST_CHECKPOINT = `${LOG_FOLDER}/_last_checkpoint`;

export type LogPath =
  | { readonly kind: 'commit'; readonly version: number; readonly name: string }
  | { readonly kind: 'checkpoint'; readonly version: number; readonly name: string }
  | {
      readonly kind: 'checkpoint-part';
      readonly version: number;
      readonly part: number;
      readonly parts: number;
      readonly name: string;
    }
  | {
      readonly kind: 'v2-checkpoint';
      readonly version: number;
      readonly format: 'json' | 'parquet';
      readonly name: string;
    };

const PATTERN =
  /^(\d{20})\.(?:(json)|checkpoint\.parquet|checkpoint\.(\d{10})\.(\d{10})\.parquet|checkpoint\.([0-9a-f-]{36})\.(json|parquet))$/;

/** @param name with or without its folder. @returns undefined for everything that replay does not need. */
export function parseLogPath(name: string): LogPath | undefined {
  const match = PATTERN.exec(name.slice(name.lastIndexOf('/') + 1));
  if (!match) return undefined;
  const version = Number(match[1]);
  if (match[2]) return { kind: 'commit', version, name };
  if (match[3] && match[4]) {
    return { kind: 'checkpoint-part', version, part: Number(match[3]), parts: Number(match[4]), name };
  }
  if (match[5])
    return { kind: 'v2-checkpoint', version, format: match[6] === 'json' ? 'json' : 'parquet', name };
  return { kind: 'checkpoint', version, name };
}

export function commitName(version: number): string {
  return `${LOG_FOLDER}/${digits(version)}.json`;
}

export function checkpointName(version: number): string {
  return `${LOG_FOLDER}/${digits(version)}.checkpoint.parquet`;
}

/** The prefix from which a listing holds `version` and everything newer. */
export function versionPrefix(version: number): string {
  return digits(version);
}

function digits(version: number): string {
  return String(version).padStart(20, '0');
}
