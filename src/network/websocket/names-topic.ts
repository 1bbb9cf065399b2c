/** Whether a text has the topic, or the symbol at its end, as a whole: `X.BTCUSDT` is not in `X.BTCUSDT_261225`. */
export function namesTopic(text: string, topic: string): boolean {
  const symbol = topic.slice(topic.lastIndexOf('.') + 1);
  for (let at = text.indexOf(symbol); at >= 0; at = text.indexOf(symbol, at + 1)) {
    const borders = [text.charAt(at - 1), text.charAt(at + symbol.length)];
    if (!borders.some((border) => /[\p{L}\p{N}_-]/u.test(border))) return true;
  }
  return false;
}
