/** Writes pictures into one file; its ending chooses between SVG and HTML. */
import { withFile } from '../../output/with-file.ts';
import type { Plot } from './plot.ts';
import { htmlDocument, svgDocument } from './plot-document.ts';

/** @throws LakeError USAGE, DISK_FULL. */
export async function writePlotFile(
  io: { say(line: string): void },
  file: string,
  title: string,
  plots: readonly Plot[],
): Promise<void> {
  const document = /\.html$/i.test(file) ? htmlDocument(title, plots) : svgDocument(title, plots);
  await withFile(file, (sink) => sink.write(document));
  io.say(`wrote ${file}`);
}
