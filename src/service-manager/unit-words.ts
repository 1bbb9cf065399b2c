/**
 * Words of a systemd unit file. In quotes a backslash and a quote are escaped; `%` begins a specifier and is doubled; in
 * the arguments of a command `$` begins a variable and is doubled too. Source: systemd.syntax(7), "Quoting";
 * systemd.unit(5), "Specifiers"; systemd.service(5), "Command Lines".
 */
import { LakeError } from '../base/errors.ts';

/** For `Environment=` and `ReadWritePaths=`. @throws LakeError USAGE. */
export function unitWord(text: string): string {
  return `"${withoutControls(text).replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`;
}

/** For the program of `ExecStart=`, whose name systemd wants without quotes however they are written. @throws LakeError USAGE. */
export function unitProgram(text: string): string {
  if (/["'\\]/.test(text)) throw inexpressible(text, 'has a character in it');
  return unitWord(text);
}

/** For an argument of `ExecStart=`. @throws LakeError USAGE. */
export function unitArgument(text: string): string {
  return unitWord(text).replaceAll('$', '$$$$');
}

/** For settings that take the rest of the line as it stands, such as `WorkingDirectory=`. @throws LakeError USAGE. */
export function unitRest(text: string): string {
  if (/[\s\\]$|^[\s~-]/.test(text)) throw inexpressible(text, 'begins or ends with a character');
  return withoutControls(text).replaceAll('%', '%%');
}

function withoutControls(text: string): string {
  if (/\p{Cc}|\p{Cs}/u.test(text)) throw inexpressible(text, 'has a character in it');
  return text;
}

function inexpressible(text: string, why: string): LakeError {
  return new LakeError('USAGE', `\`${text}\` ${why} that a unit file cannot hold`, {
    hint: 'choose a path of letters, digits and spaces',
  });
}
