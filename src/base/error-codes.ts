/**
 * Every error code a person can meet, with its exit code and meaning. The README's table is made from this list,
 * and a test keeps the two equal. Codes are stable: they are never renamed and never reused.
 */
export interface ErrorCodeEntry {
  readonly exitCode: 1 | 2 | 3 | 4 | 5 | 6 | 70;
  readonly meaning: string;
}

export const ERROR_CODES = {
  USAGE: { exitCode: 2, meaning: 'a command, flag or argument is wrong' },
  CONFIG_INVALID: { exitCode: 2, meaning: 'a setting from the environment or `.env` is wrong' },
  SQL_INVALID: { exitCode: 2, meaning: 'the SQL does not parse or names something that is not there' },
  SQL_FORBIDDEN: { exitCode: 2, meaning: 'the SQL would write, leave the lake, or is not one single query' },
  QUERY_FAILED: { exitCode: 1, meaning: 'the query was right but could not be carried out' },
  LAKE_NOT_FOUND: { exitCode: 2, meaning: 'the folder holds no lake' },
  LAKE_UNWRITABLE: { exitCode: 1, meaning: 'the lake folder cannot be created or written' },
  LAKE_LOCKED: { exitCode: 1, meaning: 'another collector of the same source holds this lake' },
  STORE_UNREACHABLE: {
    exitCode: 1,
    meaning: 'the object store could not be reached, or has trouble of its own',
  },
  STORE_REFUSED: { exitCode: 1, meaning: 'the object store refused: keys, permissions, bucket or address' },
  STORE_UNSAFE: {
    exitCode: 1,
    meaning: 'the object store would let two writers overwrite each other; it is not written',
  },
  PERMISSION_DENIED: { exitCode: 1, meaning: 'a file or folder of the lake may not be read' },
  DISK_FULL: { exitCode: 1, meaning: 'the disk of the lake is full' },
  SPOOL_DAMAGED: { exitCode: 1, meaning: 'a spool segment cannot be read at all' },
  SPOOL_MISSING: {
    exitCode: 1,
    meaning: 'a spool segment is gone; `spool --take-back` stores it once it is back',
  },
  SPOOL_SUPERSEDED: {
    exitCode: 1,
    meaning: 'a spool segment came back that may be stored already; `spool --take-back` stores what is not',
  },
  SPOOL_NEWER: { exitCode: 1, meaning: 'a newer version wrote a spool segment; it waits for that version' },
  UPKEEP_MISMATCH: {
    exitCode: 1,
    meaning: 'rows written by compaction are not the rows read; nothing was committed',
  },
  VERIFY_FAILED: { exitCode: 6, meaning: '`tables --verify` found damage' },
  COPY_DIFFERS: { exitCode: 6, meaning: 'a copy is not the table that it was made of' },
  DOCTOR_FAILED: { exitCode: 1, meaning: '`doctor` found something that has to be fixed' },
  BACKUP_FAILED: {
    exitCode: 1,
    meaning: 'a back-up could not be made or is not sound; those of before stay',
  },
  SERVICE_FAILED: { exitCode: 1, meaning: 'systemd or cron is not there, or refused' },
  CHECK_FAILED: { exitCode: 3, meaning: 'a check that was asked for does not hold' },
  EXCHANGE_UNREACHABLE: { exitCode: 4, meaning: 'the exchange could not be reached' },
  EXCHANGE_SILENT: { exitCode: 4, meaning: 'the exchange accepts the connection but sends nothing' },
  EXCHANGE_REFUSED: { exitCode: 4, meaning: 'the exchange refused the request' },
  EXCHANGE_BANNED: { exitCode: 4, meaning: 'this address is banned or rate limited for a time' },
  EXCHANGE_BLOCKED: { exitCode: 4, meaning: 'the exchange blocks this region or this client' },
  EXCHANGE_NONSENSE: { exitCode: 4, meaning: 'the exchange answered with something that is not its API' },
  COMMIT_CONFLICT: {
    exitCode: 5,
    meaning: 'the commit lost the race until its budget ran out; safe to repeat',
  },
  TABLE_NOT_FOUND: { exitCode: 2, meaning: 'there is no such table' },
  VERSION_NOT_FOUND: { exitCode: 2, meaning: 'the table has no such version or time' },
  TABLE_DAMAGED: { exitCode: 6, meaning: 'the table or its log is damaged' },
  TABLE_UNSUPPORTED: { exitCode: 6, meaning: 'the table needs a Delta feature that is not supported' },
  TABLE_SCHEMA: { exitCode: 6, meaning: 'the table has another schema than the data or the question' },
  SYMBOL_NOT_FOUND: { exitCode: 2, meaning: 'the lake has no row of this symbol' },
  NOT_FOUND: { exitCode: 2, meaning: 'the server has no such address' },
  FORMAT_UNSUPPORTED: { exitCode: 2, meaning: 'the answer cannot be given in this format' },
  AUTH_REQUIRED: { exitCode: 2, meaning: 'the server wants a valid token, or a right name and password' },
  AUTH_FORBIDDEN: { exitCode: 2, meaning: 'this user, or this address, may not do that' },
  RATE_LIMITED: { exitCode: 1, meaning: 'too many requests in a minute; the answer says when to go on' },
  TOO_LARGE: { exitCode: 2, meaning: 'the request or what it asks for is larger than the server takes' },
  TIMED_OUT: { exitCode: 1, meaning: 'the query, or sending the request, took too long' },
  SERVER_BUSY: { exitCode: 1, meaning: 'the server has as much work as it takes; ask again soon' },
  SERVE_FAILED: { exitCode: 1, meaning: 'the server cannot listen on its address' },
  TRAINING_ROWS: { exitCode: 3, meaning: 'there are too few rows to train a model on' },
  FEATURE_LEAKS: { exitCode: 2, meaning: 'a feature holds what is to be predicted' },
  MODEL_NOT_FOUND: { exitCode: 2, meaning: 'there is no such model, version or run' },
  MODEL_UNSUPPORTED: { exitCode: 6, meaning: 'a model is damaged, or is not a linear one of known features' },
  INPUTS_STALE: { exitCode: 3, meaning: 'the newest inputs of a model are too old, or incomplete' },
  MLFLOW_UNREACHABLE: { exitCode: 4, meaning: 'the MLflow server could not be reached' },
  MLFLOW_REFUSED: { exitCode: 4, meaning: 'the MLflow server refused a call, or its answer makes no sense' },
  DATABRICKS_FAILED: { exitCode: 4, meaning: 'Databricks could not be reached, or refused' },
  INTERNAL: { exitCode: 70, meaning: 'a bug in crypto-lake' },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
