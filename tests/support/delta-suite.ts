/** The tests of the Delta library that are about a table, and not about the disk that it lies on. */
export async function importDeltaSuite(): Promise<void> {
  await import('../delta/commit.test.ts');
  await import('../delta/conflict.test.ts');
  await import('../delta/maintenance.test.ts');
  await import('../delta/protocol-support.test.ts');
  await import('../delta/maintenance/describe.test.ts');
  await import('../delta/maintenance/evolve-schema.test.ts');
  await import('../delta/maintenance/vacuum.test.ts');
}
