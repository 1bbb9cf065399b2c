/** The place that `-o` names, or stdout. */
import { fileOf, type OutputOptions, type OutputTarget } from './output-options.ts';
import { type Sink, streamSink } from './sink.ts';
import { withFile } from './with-file.ts';

/** To the file that `-o` names, or to stdout. @throws LakeError USAGE for a file that cannot be written, DISK_FULL. */
export async function withSink<T>(
  options: OutputOptions,
  { stdout }: OutputTarget,
  work: (sink: Sink) => Promise<T>,
): Promise<T> {
  const file = fileOf(options);
  if (file !== undefined) return withFile(file, work);
  const done = await work(streamSink(stdout));
  await new Promise<void>((flushed) => stdout.write('', () => flushed()));
  return done;
}
