/** A reporter that fails the run when a test was skipped: for machines on which all of them can run. */
export default class NoSkips {
  onTestRunEnd(modules) {
    const skipped = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].map((test) => `${module.relativeModuleId}: ${test.fullName}`),
    );
    if (skipped.length === 0) return;
    process.stderr.write(`\nskipped, though this machine can run them:\n  ${skipped.join('\n  ')}\n`);
    process.exitCode = 1;
  }
}
