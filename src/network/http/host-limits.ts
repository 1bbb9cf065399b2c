/**
 * The limits of a venue's hosts, for all sockets and requests of the process together: a refusal (429, 418, 403, 451) that
 * one of them gets binds the others, and a ban (418) may be about the address: then it blocks the REST of all hosts. Bans
 * outlive a restart through the store. A step of the wall clock neither ends nor prolongs them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import { LakeError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { VenueLimits } from './venue-limits.ts';

export interface BanStore {
  read(): Promise<Readonly<Record<string, { readonly untilMs: number; readonly reason: string }>>>;
  save(host: string, untilMs: number, reason: string): Promise<void>;
}

export interface HostLimitsOptions {
  readonly store: BanStore;
  readonly clock: Clock;
  readonly limits: VenueLimits;
  /** Whether a host in the store of bans is one of the venue's. */
  readonly isOurs?: (host: string) => boolean;
}

export interface Refusal {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The beginning of the body. */
  readonly body: string;
}

interface HostState {
  /** Of the monotonic clock. */
  blockedUntilMs: number;
  reason: string;
  status: number;
  /** Refusals of the present kind in a row: each makes the wait without `Retry-After` longer. */
  refusals: number;
  /** It has worked at least once. */
  hasWorked: boolean;
  /** It has worked since it last refused: many may ask at once. */
  isTrusted: boolean;
  /** Settled when the one that asks a host without trust has its answer. */
  probe: Promise<void> | undefined;
}

const RATE_LIMIT_MS = 30_000;
const BAN_MS = 120_000;
const FIREWALL_MS = 10 * 60_000;
const BLOCKED_MS = 15 * 60_000;
const MAX_WAIT_MS = 3 * 86_400_000;
/** A server in trouble that says when to come back is believed for this long. */
const MAX_TROUBLE_MS = 10 * 60_000;
/** One that hangs does not keep the others from asking for longer than this. */
const MAX_PROBE_MS = 3000;
/** Re-checked this often: another refusal may have come. */
const CHECK_MS = 1000;

export class HostLimits {
  readonly #hosts = new Map<string, HostState>();
  readonly #store: BanStore;
  readonly #clock: Clock;
  readonly #limits: VenueLimits;

  static async open(options: HostLimitsOptions): Promise<HostLimits> {
    const opened = new HostLimits(options);
    const { store, clock, isOurs = () => true } = options;
    for (const [host, ban] of Object.entries(await store.read())) {
      if (!isOurs(host)) continue;
      // A file with nonsense in it must not block a host for ever.
      const blockedUntilMs = clock.monotonicMs() + Math.min(ban.untilMs - opened.#wallMs(), MAX_WAIT_MS);
      const [, status = '418', reason = ban.reason] = /^(4\d\d): (.*)$/s.exec(ban.reason) ?? [];
      opened.#hosts.set(host, {
        ...newHostState(),
        blockedUntilMs,
        reason,
        status: Number(status),
        refusals: 1,
        hasWorked: true,
      });
    }
    return opened;
  }

  private constructor({ store, clock, limits }: HostLimitsOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Why the host must not be asked now, or undefined. */
  refusalOf(url: string): LakeError | undefined {
    const blocked = this.#blockOf(url);
    return blocked && this.#refusalError(...blocked);
  }

  /** Milliseconds until the host may be asked; 0 when it may be now. */
  blockedForMs(url: string): number {
    const blocked = this.#blockOf(url);
    return blocked === undefined ? 0 : this.#leftMs(blocked[1]);
  }

  /** Waits until the host may be asked. @throws LakeError EXCHANGE_BLOCKED when waiting makes no sense. */
  async waitUntilAllowed(url: string, signal: AbortSignal): Promise<void> {
    for (let blocked = this.#blockOf(url); blocked !== undefined; blocked = this.#blockOf(url)) {
      const [host, state] = blocked;
      if (state.status === 451 && !state.hasWorked) throw this.#refusalError(host, state);
      await sleep(Math.min(CHECK_MS, this.#leftMs(state)), undefined, { signal });
    }
  }

  /**
   * Waits until the host may be asked. As long as it has not worked since its last refusal, one asks at a time: a host
   * that refuses is not asked by all of them first.
   * @returns to be called, once or more, when the host has answered or failed.
   * @throws LakeError EXCHANGE_BLOCKED when waiting makes no sense.
   */
  async acquire(url: string, signal: AbortSignal): Promise<() => void> {
    for (;;) {
      await this.waitUntilAllowed(url, signal);
      const release = await this.acquireProbe(url, signal);
      if (this.refusalOf(url) === undefined) return release;
      release();
    }
  }

  /** As {@link acquire}, but does not look whether the host is blocked. */
  async acquireProbe(url: string, signal: AbortSignal): Promise<() => void> {
    const state = this.#stateOf(url);
    while (!state.isTrusted && state.probe !== undefined) await state.probe;
    signal.throwIfAborted();
    if (state.isTrusted) return () => undefined;
    const probe = new AbortController();
    const settled = sleep(MAX_PROBE_MS, undefined, { signal: AbortSignal.any([probe.signal, signal]) })
      .catch(() => undefined)
      .then(() => {
        if (state.probe === settled) state.probe = undefined;
      });
    state.probe = settled;
    return () => probe.abort();
  }

  succeeded(url: string): void {
    const state = this.#stateOf(url);
    state.hasWorked = true;
    state.isTrusted = true;
    state.refusals = 0;
  }

  /**
   * Takes note of an answer that blocks the host.
   * @returns the error that says so, or undefined when the status is no refusal of this kind.
   */
  async refused(url: string, { status, retryAfter, body }: Refusal): Promise<LakeError | undefined> {
    const isTrouble = status >= 500 && retryAfterMs(retryAfter, this.#wallMs()) !== undefined;
    if (![403, 418, 429, 451].includes(status) && !isTrouble) return undefined;
    const state = this.#stateOf(url);
    const host = new URL(url).host;
    // Several that were under way when the host refused are one refusal.
    const isNew = this.#leftMs(state) <= 0 || state.status !== status;
    if (isNew) state.refusals = state.status === status ? state.refusals + 1 : 1;
    state.isTrusted = false;
    state.status = status;
    const said = printable(
      body
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
      200,
    );
    if (said || isNew) state.reason = said;
    const waitMs = waitOf(status, retryAfter, body, state.refusals, this.#wallMs());
    // A shorter wait never ends a longer one.
    state.blockedUntilMs = Math.max(state.blockedUntilMs, this.#clock.monotonicMs() + waitMs);
    if (status === 418 || status === 429) {
      const untilMs = this.#wallMs() + this.#leftMs(state);
      await this.#store.save(host, untilMs, `${status}: ${state.reason}`).catch(() => undefined);
    }
    return this.#refusalError(host, state);
  }

  #wallMs(): number {
    return Math.round(this.#clock.nowUs() / 1000);
  }

  #leftMs({ blockedUntilMs }: HostState): number {
    return Math.round(blockedUntilMs - this.#clock.monotonicMs());
  }

  #refusalError(host: string, state: HostState): LakeError {
    const until = new Date(this.#wallMs() + this.#leftMs(state)).toISOString();
    return refusalError(host, state, until, this.#limits.settings);
  }

  /** The host that blocks this address: its own, or for REST any other that is banned. */
  #blockOf(url: string): [string, HostState] | undefined {
    const { host, protocol } = new URL(url);
    const isBound = this.#limits.isBanForAllHosts && protocol.startsWith('http');
    return [...this.#hosts].find(
      ([other, state]) => this.#leftMs(state) > 0 && (other === host || (isBound && state.status === 418)),
    );
  }

  #stateOf(url: string): HostState {
    const { host } = new URL(url);
    let state = this.#hosts.get(host);
    if (state === undefined) {
      state = newHostState();
      this.#hosts.set(host, state);
    }
    return state;
  }
}

function newHostState(): HostState {
  return {
    blockedUntilMs: Number.NEGATIVE_INFINITY,
    reason: '',
    status: 0,
    refusals: 0,
    hasWorked: false,
    isTrusted: false,
    probe: undefined,
  };
}

function waitOf(
  status: number,
  retryAfter: string | undefined,
  body: string,
  refusals: number,
  nowMs: number,
): number {
  const askedMs =
    status === 403 || status === 451
      ? undefined
      : (retryAfterMs(retryAfter, nowMs) ?? bannedUntilMs(body, nowMs));
  if (status >= 500) return Math.min(askedMs ?? 0, MAX_TROUBLE_MS);
  const usual = { 403: FIREWALL_MS, 418: BAN_MS, 429: RATE_LIMIT_MS }[status] ?? BLOCKED_MS;
  return Math.min(askedMs ?? usual * 2 ** Math.min(refusals - 1, 8), MAX_WAIT_MS);
}

/** `Retry-After` as seconds or as an HTTP date. */
function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text.trim())) return Math.max(1000, Number(text) * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(1000, date - nowMs);
}

/** Ban texts say `IP banned until 1660090423228`. */
function bannedUntilMs(body: string, nowMs: number): number | undefined {
  const until = /banned until (\d{13})/.exec(body)?.[1];
  return until === undefined ? undefined : Math.max(1000, Number(until) - nowMs);
}

function refusalError(
  host: string,
  { status, reason }: HostState,
  until: string,
  settings: string,
): LakeError {
  const said = reason ? `: ${reason}` : '';
  switch (status) {
    case 451:
      return new LakeError('EXCHANGE_BLOCKED', `${host} blocks this region (451)${said}`, {
        hint: `run from a place that the exchange serves, or point the \`${settings}\` settings to a mirror or proxy`,
      });
    case 403:
      return new LakeError('EXCHANGE_REFUSED', `the firewall of ${host} refuses this address (403)${said}`, {
        hint: `nothing is asked there before ${until}; ask less often, or from another address`,
      });
    case 418:
      return new LakeError('EXCHANGE_BANNED', `${host} has banned this address until ${until} (418)${said}`, {
        hint: 'nothing is asked there until then; other programs on this address may have used up its limit',
      });
    case 429:
      return new LakeError('EXCHANGE_BANNED', `${host} limits this address until ${until} (429)${said}`, {
        hint: 'nothing is asked there until then; a longer `--interval` asks less',
      });
    default:
      return new LakeError(
        'EXCHANGE_UNREACHABLE',
        `${host} asks to be left alone until ${until} (${status})${said}`,
        {
          hint: "the fault is the exchange's; it is asked again then",
        },
      );
  }
}
