/** What a word at the end of a line may become. */
export interface Vocabulary {
  /** Table or view → its columns. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  readonly keywords: readonly string[];
  readonly functions: readonly string[];
}

export const DOT_COMMANDS = ['.help', '.tables', '.schema', '.format', '.quit'];

/**
 * @param before the lines of the statement so far.
 * @returns the candidates, and the typed text that they stand for, as node:readline wants them.
 */
export function complete(
  line: string,
  before: string,
  vocabulary: Vocabulary,
  formats: readonly string[],
): [string[], string] {
  const [typed = ''] = /\w*$/.exec(line) ?? [];
  const { tables, keywords, functions } = vocabulary;
  if (before === '' && /^\s*\.\w*$/.test(line)) return matching(DOT_COMMANDS, line.trim());
  if (before === '' && /^\s*\.format\s/.test(line)) return matching(formats, typed);
  if (/^\s*\.schema\s|\b(from|join|describe|summarize)\s+\w*$/i.test(line))
    return matching([...tables.keys()], typed);
  const text = `${before}\n${line}`.toLowerCase();
  const [, qualifier] = /(\w+)\.\w*$/.exec(line.toLowerCase()) ?? [];
  const named = [...tables].filter(([name]) => text.includes(name.toLowerCase()));
  const ofTable = tables.get(qualifier ?? '');
  const columns = ofTable ?? (named.length > 0 ? named : [...tables]).flatMap(([, names]) => names);
  if (qualifier !== undefined) return matching(columns, typed);
  const isUpper = /^[A-Z_]+$/.test(typed);
  return matching(
    [
      ...columns,
      ...tables.keys(),
      // So many that they only help once something is typed.
      ...(typed === '' ? [] : keywords.map((word) => (isUpper ? word.toUpperCase() : word))),
      ...(typed.length < 2 ? [] : functions.map((name) => `${name}(`)),
    ],
    typed,
  );
}

/** Without regard to case; what was typed stays as it is. */
function matching(candidates: readonly string[], typed: string): [string[], string] {
  const hits = candidates
    .filter((candidate) => candidate.toLowerCase().startsWith(typed.toLowerCase()))
    .map((candidate) => typed + candidate.slice(typed.length));
  return [[...new Set(hits)].sort(), typed];
}
