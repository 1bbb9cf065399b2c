/**
 * For the environment of a process that collects for weeks: glibc reads it once, before any of our code runs. Without
 * it, what segments of some megabytes leave behind lies scattered over an arena a thread and is never given back. Other C
 * libraries ignore it.
 * Source: mallopt(3), `M_ARENA_MAX`, `M_MMAP_THRESHOLD`; the latter, once set, is no longer raised by glibc itself.
 */
export const LEAN_MALLOC: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
};
