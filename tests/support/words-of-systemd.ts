/** How systemd reads a line of a unit file. */
/** `extract_first_word` of systemd with EXTRACT_UNQUOTE and EXTRACT_CUNESCAPE, as far as words here need it. */
export function wordsOfSystemd(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? '';
    if (character === '\\') {
      const next = line[++i] ?? '';
      if (!/["'\\]/.test(next)) throw new Error(`an escape that is none: \\${next}`);
      word = (word ?? '') + next;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word += character;
    } else if (/["']/.test(character)) {
      quote = character;
      word ??= '';
    } else if (/[ \t\n\r]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== '') throw new Error('a quote that does not end');
  return word === undefined ? words : [...words, word];
}

export function specifiers(text: string): string {
  return text.replace(/%(.?)/gsu, (_, letter) => {
    if (letter !== '%') throw new Error(`a specifier: %${letter}`);
    return '%';
  });
}

export function variables(text: string): string {
  return text.replace(/\$(.?)/gsu, (_, letter) => {
    if (letter !== '$') throw new Error(`a variable: $${letter}`);
    return '$';
  });
}
