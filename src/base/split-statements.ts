/** Where one SQL statement ends: at a `;` that is not inside of a string, a quoted name or a comment. */
export interface Split {
  /** Whole statements, without `;` and comments, on one line where their strings allow. */
  readonly statements: readonly string[];
  /** What waits for its `;`; empty when nothing but space and comments is left. */
  readonly rest: string;
}

/** Strings, E-strings, names, dollar strings and comments; what is not closed reaches to the end. */
const TOKENS =
  /[eE]'(?:\\[\s\S]|[^'\\])*(?:'|$)|'[^']*(?:'|$)|"[^"]*(?:"|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\s+|[\s\S]/g;

export function splitStatements(text: string): Split {
  const statements: string[] = [];
  let statement = '';
  let start = 0;
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token === ';') {
      if (statement.trim() !== '') statements.push(statement.trim());
      statement = '';
      start = index + 1;
    } else {
      const isSpace = /^(\s|--|\/\*)/.test(token);
      // A comment that is still open may yet be followed by SQL.
      const isOpen = token.startsWith('/*') && !/.\*\/$/s.test(token.slice(1));
      if (!isSpace || isOpen) statement += token;
      else if (!statement.endsWith(' ')) statement += ' ';
    }
  }
  return { statements, rest: statement.trim() === '' ? '' : text.slice(start) };
}
