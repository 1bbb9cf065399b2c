/** The names of a result's columns: each once, whatever a query calls them, and the same in every format. */

/** A second `a` (or `A`: many readers tell no case apart) is `a_1`, as where DuckDB makes a table of it. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set(names.map((name) => name.toLowerCase()));
  const met = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 1; met.has(unique.toLowerCase()); count++) {
      const candidate = `${name}_${count}`;
      // A later column may have this very name.
      if (!taken.has(candidate.toLowerCase()) || met.has(candidate.toLowerCase())) unique = candidate;
    }
    met.add(unique.toLowerCase());
    return unique;
  });
}
