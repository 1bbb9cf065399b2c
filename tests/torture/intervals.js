/** Sums over spans of time `{fromMs, toMs}`. */

/** The spans that at least one of the given covers. */
export function union(spans) {
  const merged = [];
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs, toMs });
  }
  return merged;
}

/** What lies in `spans` and not in `others`; both without overlaps and in order. */
export function minus(spans, others) {
  const left = [];
  for (const { fromMs, toMs } of spans) {
    let atMs = fromMs;
    for (const other of others) {
      if (other.toMs <= atMs) continue;
      if (other.fromMs >= toMs) break;
      if (other.fromMs > atMs) left.push({ fromMs: atMs, toMs: other.fromMs });
      atMs = other.toMs;
    }
    if (atMs < toMs) left.push({ fromMs: atMs, toMs });
  }
  return left;
}

/** Where more of `spans` hold at once than of `others`. */
export function excess(spans, others) {
  const steps = [...stepsOf(spans, 1), ...stepsOf(others, -1)].sort((a, b) => a.atMs - b.atMs);
  const found = [];
  let level = 0;
  let sinceMs;
  for (const [index, { atMs, by }] of steps.entries()) {
    level += by;
    if (steps[index + 1]?.atMs === atMs) continue;
    if (level > 0) sinceMs ??= atMs;
    else if (sinceMs !== undefined) {
      found.push({ fromMs: sinceMs, toMs: atMs });
      sinceMs = undefined;
    }
  }
  return found;
}

export function secondsOf(spans) {
  return spans.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 1000, 0);
}

function stepsOf(spans, by) {
  return spans.flatMap(({ fromMs, toMs }) => [
    { atMs: fromMs, by },
    { atMs: toMs, by: -by },
  ]);
}
