/**
 * Logs by pino: pretty on a terminal, JSON lines elsewhere, and to a file when one is set (reopened on SIGHUP, so
 * that logrotate works). Text from outside cannot break a line or move a cursor; the API key is never written.
 */
import pino, { type DestinationStream, type Logger } from 'pino';
import { LakeError, messageOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { Config } from '../config/config.ts';

export interface LoggerOptions {
  readonly config: Config;
  /** Overrides the level of the settings. */
  readonly level: string | undefined;
  readonly color: boolean;
  readonly pretty: boolean;
  /** Where terminal lines go; the status line passes its own, so that the two do not mix. */
  readonly terminal: { write(text: string): unknown };
}

export async function createLogger({
  config,
  level,
  color,
  pretty,
  terminal,
}: LoggerOptions): Promise<Logger> {
  const leastLevel = level ?? config.logLevel;
  const streams: { stream: DestinationStream; level: pino.Level }[] = [];
  const streamLevel = (leastLevel === 'silent' ? 'fatal' : leastLevel) as pino.Level;
  if (config.logToTerminal) {
    streams.push({
      level: streamLevel,
      stream: pretty ? await prettyStream(terminal, color) : plainStream(terminal),
    });
  }
  if (config.logToFile !== undefined) {
    streams.push({ level: streamLevel, stream: fileStream(config.logToFile) });
  }
  return pino(
    {
      level: streams.length > 0 ? leastLevel : 'silent',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['apiKey', 'headers', '*.apiKey', '*.headers'], remove: true },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map(safe) as Parameters<typeof method>);
        },
      },
    },
    pino.multistream(streams),
  );
}

function safe(argument: unknown): unknown {
  if (typeof argument === 'string') return printable(argument, 4000);
  if (argument === null || typeof argument !== 'object' || argument instanceof Error) return argument;
  return Object.fromEntries(
    Object.entries(argument).map(([key, value]) => [
      key,
      typeof value === 'string' ? printable(value, 4000) : value,
    ]),
  );
}

function plainStream(terminal: LoggerOptions['terminal']): DestinationStream {
  return { write: (line) => void terminal.write(line) };
}

async function prettyStream(terminal: LoggerOptions['terminal'], color: boolean): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  const format = pretty.prettyFactory({
    colorize: color,
    translateTime: 'UTC:HH:MM:ss',
    ignore: 'pid,hostname',
    singleLine: true,
  });
  return {
    write: (line) => void terminal.write(format(JSON.parse(line))),
  };
}

function fileStream(path: string): DestinationStream {
  try {
    const destination = pino.destination({ dest: path, mkdir: true, sync: true });
    process.on('SIGHUP', () => destination.reopen());
    return destination;
  } catch (error) {
    throw new LakeError('CONFIG_INVALID', `\`LOG_TO_FILE\` cannot be written: ${messageOf(error)}`, {
      hint: 'name a file in a folder that you may write, or set it to `false`',
    });
  }
}
