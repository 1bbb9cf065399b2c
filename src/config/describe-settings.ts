/** The settings as documentation: `.env.example` and the README's tables are exactly what these functions return. */
import { ERROR_CODES } from '../base/error-codes.ts';
import type { Setting } from '../base/setting.ts';
import { ALL_SETTINGS } from './all-settings.ts';

/** The text of `.env.example`: each setting with its meaning, commented out at its default. */
export function dotenvExample(): string {
  const blocks = settings()
    .filter(({ onlyEnvironment }) => !onlyEnvironment)
    .map(({ env, fallback, description }) => `# ${description}\n#${env}=${fallback}\n`);
  return `# Copy to .env and uncomment what you change. Flags and the environment win over this file.\n\n${blocks.join('\n')}`;
}

/** The README's table of settings. */
export function settingsTable(): string {
  const rows = settings().map(
    ({ env, fallback, description }) =>
      `| \`${env}\` | ${fallback ? `\`${fallback}\`` : ''} | ${description} |`,
  );
  return ['| Setting | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

/** The README's table of error codes. */
export function errorCodesTable(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { exitCode, meaning }]) => `| \`${code}\` | ${exitCode} | ${meaning} |`,
  );
  return ['| Code | Exit | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function settings(): readonly Setting[] {
  return [...ALL_SETTINGS.values()];
}
