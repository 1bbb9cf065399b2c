/**
 * What each action must look like. Source: Delta protocol, "Actions". A field that is missing or of another type makes
 * the log damaged, since other engines refuse it too.
 */
type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, unknown>>;

const isText: Check = (value) => typeof value === 'string';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isInteger: Check = (value) => Number.isInteger(value) || typeof value === 'bigint';
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOfTexts: Check = (value) => Array.isArray(value) && value.every(isText);
/** A map of texts, some of them null. */
const isMap: Check = (value) => {
  if (!isObject(value)) return false;
  for (const key in value) if (typeof value[key] !== 'string' && value[key] !== null) return false;
  return true;
};
const isFormat: Check = (value) => isObject(value) && isText(value.provider);
const isVector: Check = (value) =>
  isObject(value) &&
  isText(value.storageType) &&
  isText(value.pathOrInlineDv) &&
  isInteger(value.sizeInBytes) &&
  isInteger(value.cardinality);

/** A field that need not be there. */
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const fileFields = { stats: optional(isText), tags: optional(isMap), deletionVector: optional(isVector) };

const FIELDS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  protocol: {
    minReaderVersion: isInteger,
    minWriterVersion: isInteger,
    readerFeatures: optional(isListOfTexts),
    writerFeatures: optional(isListOfTexts),
  },
  metaData: {
    id: isText,
    schemaString: isText,
    partitionColumns: isListOfTexts,
    configuration: isMap,
    format: isFormat,
  },
  add: {
    path: isText,
    partitionValues: isMap,
    size: isInteger,
    modificationTime: isInteger,
    dataChange: isBoolean,
    ...fileFields,
  },
  remove: { path: isText, dataChange: isBoolean, partitionValues: optional(isMap), ...fileFields },
  txn: { appId: isText, version: isInteger },
  domainMetadata: { domain: isText, configuration: isText, removed: isBoolean },
};

/** Pairs of the above: a large commit asks for them ten thousand times. */
const CHECKS = new Map(Object.entries(FIELDS).map(([kind, checks]) => [kind, Object.entries(checks)]));

/** What `commitInfo` holds is free, and nobody depends on it. */
export const KNOWN_ACTIONS: ReadonlySet<string> = new Set([...CHECKS.keys(), 'commitInfo']);

/** Fields that nobody knows are kept, and written again: deeper than this they are no work of a sane writer. */
const MAX_DEPTH = 100;

/** @returns the field that is missing or not as it must be; undefined when all are well, or the action is another. */
export function wrongField(kind: string, fields: Fields): string | undefined {
  const checks = CHECKS.get(kind);
  if (checks === undefined) return undefined;
  for (const [field, check] of checks) if (!check(fields[field])) return field;
  for (const field in fields) {
    const value = fields[field];
    if (typeof value === 'object' && !isShallow(value, MAX_DEPTH)) return field;
  }
  return undefined;
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  for (const key in value) if (!isShallow(value[key as keyof typeof value], depth - 1)) return false;
  return true;
}
