/** How this process does: memory, processor, event loop, garbage collection, open files. */
import { readdir, readFile } from 'node:fs/promises';
import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { readPackage } from '../base/program-file.ts';
import type { Registry } from './registry.ts';

const NS = 1e9;

export function processMetrics(registry: Registry, command: string): void {
  const info = registry.gauge('build_info', 'Version of the program and what it does here; always 1');
  info.set(1, { version: readPackage().version, node: process.version, command });
  const started = registry.gauge('process_start_time_seconds', 'When the process started, in Unix time');
  started.set(performance.timeOrigin / 1000);
  const cpu = registry.readCounter('process_cpu_seconds_total', 'Processor time of the process');
  const resident = registry.gauge('process_resident_memory_bytes', 'Memory of the process');
  const heap = registry.gauge('process_heap_bytes', 'Memory of JavaScript objects, used and reserved');
  const external = registry.gauge('process_external_memory_bytes', 'Memory of buffers outside of the heap');
  const files = registry.gauge('process_open_fds', 'Open files and sockets');
  const allowed = registry.gauge('process_max_fds', 'Files and sockets that may be open');
  const lag = registry.gauge('event_loop_lag_seconds', 'How late timers were since the last scrape');
  const busy = registry.gauge(
    'event_loop_utilization',
    'Share of the time since the last scrape in which the loop worked',
  );
  const gcRuns = registry.counter('gc_runs_total', 'Garbage collections');
  const gcSeconds = registry.counter('gc_seconds_total', 'Time of garbage collections');

  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      gcRuns.add();
      gcSeconds.add(duration / 1000);
    }
  }).observe({ entryTypes: ['gc'] });
  let before = performance.eventLoopUtilization();
  registry.onScrape(async () => {
    const { user, system } = process.cpuUsage();
    cpu.set(user / 1e6, { mode: 'user' });
    cpu.set(system / 1e6, { mode: 'system' });
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    heap.set(memory.heapUsed, { state: 'used' });
    heap.set(memory.heapTotal, { state: 'reserved' });
    external.set(memory.external);
    const fds = await readdir('/proc/self/fd').catch(() => undefined);
    if (fds) files.set(fds.length);
    const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
    const most = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
    if (most > 0) allowed.set(most);
    lag.set(delay.percentile(50) / NS, { share: '0.5' });
    lag.set(delay.percentile(99) / NS, { share: '0.99' });
    lag.set(delay.max / NS, { share: '1' });
    delay.reset();
    const now = performance.eventLoopUtilization();
    busy.set(performance.eventLoopUtilization(now, before).utilization);
    before = now;
  });
}
