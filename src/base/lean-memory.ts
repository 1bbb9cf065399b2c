/**
 * For the environment of a process that collects for weeks: it is read once, before any of our code runs.
 *
 * Without the first two, what segments of some megabytes leave behind lies scattered over an arena a thread and is never
 * given back; other C libraries than glibc ignore them. Source: mallopt(3), `M_ARENA_MAX`, `M_MMAP_THRESHOLD`; the latter,
 * once set, is no longer raised by glibc itself. At the 128 KiB that glibc begins with, the arena of the storing thread
 * grew by 3 MiB an hour at 200 frames/s; at 32 KiB it stays as it is. Without the third, V8's young generation swells to
 * 16 MiB three times over and shrinks again, as it likes, though what arrives at a collector is short-lived.
 */
export const LEAN_MEMORY: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '32768',
  NODE_OPTIONS: '--max-semi-space-size=4',
};
