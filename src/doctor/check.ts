/** One thing that `doctor` looks at. What needs fixing always says how: a command, or a step. */
export type CheckResult =
  | { readonly status: 'ok' | 'skipped'; readonly text: string }
  | { readonly status: 'warn' | 'fail'; readonly text: string; readonly fix: string };

export interface Check {
  /** A word or two, for people and for `--json`. */
  readonly name: string;
  /** Whatever it throws counts as a failure of what was looked at. */
  run(signal: AbortSignal): Promise<CheckResult>;
}

const GRAVITY = { fail: 3, warn: 2, ok: 1, skipped: 0 } as const;

/** Several results as one: the text of the gravest ones. Pure. */
export function mergeResults(results: readonly CheckResult[], whenNone: string): CheckResult {
  const gravest = Math.max(0, ...results.map(({ status }) => GRAVITY[status]));
  const worst = results.filter(({ status }) => GRAVITY[status] === gravest);
  const [first] = worst;
  if (first === undefined) return { status: 'skipped', text: whenNone };
  const text = worst.map((result) => result.text).join('; ');
  if (!('fix' in first)) return { status: first.status, text };
  const fixes = new Set(worst.flatMap((result) => ('fix' in result ? [result.fix] : [])));
  return { status: first.status, text, fix: [...fixes].join('; ') };
}
