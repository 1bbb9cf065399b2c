/** How help fits its terminal: never wider than 80 columns; on a narrow one descriptions stand below the names. */
import { type Command, Help } from 'commander';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check does not hold, \
4 exchange not usable, 5 commit race lost (repeat), 6 table damaged or unsupported, \
70 bug, 130/143 stopped by Ctrl-C/TERM`;
const MAX_COLUMNS = 80;
/** Below it there is no room for descriptions beside the names. */
const NARROW_COLUMNS = 60;

export function helpLayout(columns: number | undefined) {
  const helpWidth = Math.min(columns ?? MAX_COLUMNS, MAX_COLUMNS);
  const narrow = helpWidth < NARROW_COLUMNS ? { formatItem, commandUsage, minWidthToWrap: 1 } : {};
  return {
    configuration: { showGlobalOptions: true, helpWidth, ...narrow },
    exitCodes: Object.assign(new Help(), narrow).boxWrap(EXIT_CODES, helpWidth),
  };
}

function formatItem(term: string, _termWidth: number, description: string, help: Help): string {
  return [indented(term, '  ', help), ...(description ? [indented(description, '      ', help)] : [])].join(
    '\n',
  );
}

function commandUsage(this: Help, command: Command): string {
  const usage = Help.prototype.commandUsage.call(this, command);
  return indented(usage, '       ', this).trimStart();
}

function indented(text: string, indent: string, help: Help): string {
  return help.boxWrap(text, (help.helpWidth ?? MAX_COLUMNS) - indent.length).replace(/^/gm, indent);
}
