/** `crypto-lake doctor`: looks at everything that can be wrong, and says for each thing what fixes it. */

import { LakeError } from '../../base/errors.ts';
import { allChecks, type Network } from '../../doctor/all-checks.ts';
import type { CheckResult } from '../../doctor/check.ts';
import { runCheck } from '../../doctor/run-check.ts';
import { smokeChecks } from '../../doctor/smoke/smoke-checks.ts';
import { bePatient } from '../../network/slow-network.ts';
import { chosenVenues } from '../../sources/chosen-venues.ts';
import { VENUES } from '../../sources/registry.ts';
import { spoolRoot } from '../../spool/state/spool-folder.ts';
import { commandFor } from '../command-for.ts';
import type { Command, CommandContext } from '../context.ts';
import { wantsColor } from '../io.ts';
import { openNetwork } from '../open-network.ts';
import { asksForFormat, printRows } from '../print-rows.ts';
import { findingText } from '../show/finding-text.ts';

const TIMEOUT_MS = 10_000;
const COLUMNS = { check: 'name', status: 'name', text: 'prose', fix: 'prose' } as const;

export const doctor: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  const network = flags.network === true ? await openNetworks(context) : undefined;
  const isList = !asksForFormat(flags);
  const color = io.color && wantsColor(io.stdout, process.env);
  const findings: Array<{ readonly check: string } & CheckResult> = [];
  try {
    const checks =
      flags.smoke === true
        ? smokeChecks(config, isCollecting)
        : allChecks({ config, clock, network, command: commandFor(context) });
    for (const check of checks) {
      const finding = { check: check.name, ...(await runCheck(check, signal)) };
      signal.throwIfAborted();
      findings.push(finding);
      if (isList) io.print(findingText(finding, { color, columns: io.stdout.columns }));
    }
  } finally {
    await Promise.all((network?.venues ?? []).map(({ rest }) => rest.close()));
  }
  if (!isList) await printRows(io, flags, COLUMNS, findings.map(asRow));
  const failed = findings.filter(({ status }) => status === 'fail').length;
  const warned = findings.filter(({ status }) => status === 'warn').length;
  if (failed > 0) {
    throw new LakeError('DOCTOR_FAILED', `${failed} of ${findings.length} checks failed`, {
      hint: `do what stands under each ✗, then run \`${commandFor(context)('doctor')}\` again`,
    });
  }
  if (isList)
    io.say(
      warned > 0
        ? `\nnothing is broken; ${warned} ${warned === 1 ? 'warning' : 'warnings'}`
        : '\nall is well',
    );
};

async function openNetworks({ config, clock }: CommandContext): Promise<Network> {
  // Each route is tried once.
  bePatient();
  const once = { maxAttempts: 1, timeoutMs: TIMEOUT_MS };
  const spool = spoolRoot(config);
  const venues = chosenVenues(config.venues);
  return { venues: await Promise.all(venues.map((venue) => openNetwork(venue, config, spool, clock, once))) };
}

/** Whether a command of `up` collects. */
function isCollecting(name: string): boolean {
  return VENUES.some(({ sources }) => sources.some(({ command }) => command === name));
}

function asRow(finding: { readonly check: string } & CheckResult) {
  const { check, status, text } = finding;
  return { check, status, text, fix: 'fix' in finding ? finding.fix : null };
}
