/** What JSON puts around a topic in a list: two quotes and a comma. */
const AROUND_CHARS = 3;

/** Topics in parts, each of which takes at most so many characters in a list. */
export function splitTopics(topics: readonly string[], maxChars: number): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let chars = Number.POSITIVE_INFINITY;
  for (const topic of topics) {
    chars += topic.length + AROUND_CHARS;
    if (chars > maxChars) {
      parts.push([]);
      chars = topic.length + AROUND_CHARS;
    }
    parts.at(-1)?.push(topic);
  }
  return parts;
}
