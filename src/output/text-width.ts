/** How many columns of a terminal a text takes, and how to make it take fewer. */
import stringWidth from 'string-width';

const ASCII = /^[ -~]*$/;

/** Most text is ASCII, for which the long way takes most of the time. */
export function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

/** Keeps the beginning and the end of a text that is too wide. */
export function cutMiddle(text: string, width: number, cutMark: string): string {
  if (widthOf(text) <= width) return text;
  const characters = [...text];
  let head = '';
  let tail = '';
  for (let i = 0, j = characters.length - 1; i < j; i++, j--) {
    const longer = head + characters[i];
    if (widthOf(longer) + widthOf(tail) + 1 > width) break;
    head = longer;
    const longerTail = characters[j] + tail;
    if (widthOf(head) + widthOf(longerTail) + 1 > width) break;
    tail = longerTail;
  }
  return `${head}${cutMark}${tail}`;
}
