/**
 * GET requests to the exchange: time-outs, a bounded body, the weight budget, retries with jitter for what may pass by
 * itself, a circuit breaker a host, and the host's gate for everything that must not be retried.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isBrokenCircuitError } from 'cockatiel';
import { request } from 'undici';
import type { Clock } from '../../base/clock.ts';
import { LakeError, systemCodeOf } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { networkHint, networkReason } from '../network-reason.ts';
import { type ProxySettings, proxyOf, proxyText } from '../proxy-rules.ts';
import { noteFailedConnection } from '../slow-network.ts';
import { Dispatchers } from './dispatcher.ts';
import { HostCounts } from './host-counts.ts';
import type { HostLimits } from './host-limits.ts';
import { HostPolicies, PassingError } from './host-policies.ts';
import { HttpStatusError } from './http-status-error.ts';
import { Spacing } from './spacing.ts';
import type { VenueLimits } from './venue-limits.ts';
import { WeightBudget } from './weight-budget.ts';

export interface RestClientOptions {
  readonly hostLimits: HostLimits;
  readonly clock: Clock;
  readonly limits: VenueLimits;
  /** Sent where the venue has a header for it; never logged. */
  readonly apiKey: string | undefined;
  /** Undefined: every host is asked directly. */
  readonly proxies?: ProxySettings | undefined;
  readonly maxAttempts?: number;
  /** For the connection, for the headers, and for each pause in the body; twice as long for one attempt as a whole. */
  readonly timeoutMs?: number;
  /** For all attempts and waits of one call together. */
  readonly deadlineMs?: number;
}

export interface RestAnswer {
  readonly body: string;
  /** Microseconds since the epoch. */
  readonly startedAtUs: number;
  readonly receivedAtUs: number;
  /** When the host says that it answered, to the second; undefined where it does not. */
  readonly answeredAtUs?: number | undefined;
}

const MAX_BODY_BYTES = 64 * 2 ** 20;
const DEFAULT_TIMEOUT_MS = 15_000;
const DEFAULT_DEADLINE_MS = 60_000;
const DEFAULT_ATTEMPTS = 3;
const MAX_REASON_CHARS = 200;

export class RestClient {
  readonly #options: RestClientOptions;
  readonly #dispatchers: Dispatchers;
  readonly #budget: WeightBudget;
  readonly #policies: HostPolicies;
  readonly #spacing: Spacing | undefined;
  readonly counts = new HostCounts();

  constructor(options: RestClientOptions) {
    this.#options = options;
    this.#budget = new WeightBudget(options.limits);
    this.#policies = new HostPolicies(options.maxAttempts ?? DEFAULT_ATTEMPTS);
    const { spacingMs } = options.limits;
    this.#spacing = spacingMs === undefined ? undefined : new Spacing(spacingMs);
    const { proxies, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    this.#dispatchers = new Dispatchers({ proxies, timeoutMs, maxBodyBytes: MAX_BODY_BYTES });
  }

  /**
   * @param weight of the request, by the exchange's table.
   * @throws LakeError EXCHANGE_UNREACHABLE, EXCHANGE_REFUSED, EXCHANGE_BANNED, EXCHANGE_BLOCKED, EXCHANGE_NONSENSE.
   */
  get(url: string, weight: number, signal: AbortSignal): Promise<RestAnswer> {
    return this.#fetch(url, weight, signal, false);
  }

  /** The same for a file, which may be anything. @throws HttpStatusError 404 where there is none, and as {@link get}. */
  async getFile(url: string, weight: number, signal: AbortSignal): Promise<Uint8Array> {
    return (await this.#fetch(url, weight, signal, true)).bytes;
  }

  async #fetch(url: string, weight: number, signal: AbortSignal, isFile: boolean): Promise<WholeAnswer> {
    const { host } = new URL(url);
    const deadline = AbortSignal.timeout(this.#options.deadlineMs ?? DEFAULT_DEADLINE_MS);
    const either = AbortSignal.any([signal, deadline]);
    // A refusal that is known must not count as a failure of the host.
    this.#throwIfRefused(url);
    try {
      const once = () => this.#getOnce(url, host, weight, either, isFile);
      const asking = this.#policies.of(host).execute(once, either);
      // The pauses between attempts know no signal; who waits here must not have to sit them out.
      return await Promise.race([asking, rejectedAtAbort(either)]);
    } catch (error) {
      signal.throwIfAborted();
      if (isBrokenCircuitError(error)) {
        throw this.#unreachable(
          host,
          'it failed several times in a row and is left alone for half a minute',
          error,
        );
      }
      if (error instanceof LakeError) throw error;
      if (either.aborted) throw this.#unreachable(host, 'no answer in time', error);
      throw error;
    }
  }

  /** Request weight of this minute at the host of `url`, and its limit. */
  usedWeight(url: string): { readonly used: number; readonly limit: number } {
    return this.#budget.usage(url, this.#options.clock.nowUs() / 1000);
  }

  close(): Promise<void> {
    return this.#dispatchers.destroy();
  }

  async #getOnce(
    url: string,
    host: string,
    weight: number,
    signal: AbortSignal,
    isFile: boolean,
  ): Promise<WholeAnswer> {
    const { clock, hostLimits } = this.#options;
    signal.throwIfAborted();
    await this.#waitForWeight(url, weight, signal);
    const release = await hostLimits.acquireProbe(url, signal);
    const over = await this.#spacing?.enter(signal);
    try {
      this.#throwIfRefused(url);
      this.#budget.spend(url, weight, clock.nowUs() / 1000);
      const startedAtUs = clock.nowUs();
      const answer = await this.counts.of(url, this.#ask(url, host, signal));
      const receivedAtUs = clock.nowUs();
      const { usedWeightHeader } = this.#options.limits;
      if (usedWeightHeader !== undefined)
        this.#budget.observe(url, textOf(answer.headers[usedWeightHeader]), receivedAtUs / 1000);
      await this.#check(url, host, answer, isFile);
      hostLimits.succeeded(url);
      const answeredMs = Date.parse(textOf(answer.headers.date) ?? '');
      const answeredAtUs = Number.isNaN(answeredMs) ? undefined : answeredMs * 1000;
      return { body: answer.body, bytes: answer.bytes, startedAtUs, receivedAtUs, answeredAtUs };
    } finally {
      over?.();
      release();
    }
  }

  async #ask(url: string, host: string, signal: AbortSignal): Promise<RawAnswer> {
    const { apiKey, limits, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    const key = limits.apiKeyHeader !== undefined &&
      apiKey !== undefined && { [limits.apiKeyHeader]: apiKey };
    // A body that trickles for ever is no answer.
    const attempt = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs * 2)]);
    try {
      const { statusCode, headers, body } = await request(url, {
        dispatcher: this.#dispatchers.of(url),
        headers: {
          accept: 'application/json',
          ...(limits.userAgent ? { 'user-agent': limits.userAgent } : {}),
          ...key,
        },
        signal: attempt,
      });
      const bytes = Buffer.from(await body.arrayBuffer());
      return { status: statusCode, headers, bytes, body: bytes.toString() };
    } catch (error) {
      signal.throwIfAborted();
      if (systemCodeOf(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
        throw this.#nonsense(`${host} answered with more than ${MAX_BODY_BYTES / 2 ** 20} MiB`);
      }
      noteFailedConnection(error);
      const proxy = proxyOf(url, this.#options.proxies);
      const way = proxy === undefined ? '' : ` (through the proxy ${proxyText(proxy)})`;
      const reason = attempt.aborted ? 'no answer in time' : networkReason(error);
      throw new PassingError(this.#unreachable(host, reason + way, error));
    }
  }

  /** @throws LakeError EXCHANGE_BANNED when the minute ends too late. */
  async #waitForWeight(url: string, weight: number, signal: AbortSignal): Promise<void> {
    const { clock, deadlineMs = DEFAULT_DEADLINE_MS } = this.#options;
    const waitMs = this.#budget.waitMs(url, weight, clock.nowUs() / 1000);
    if (waitMs === 0) return;
    if (waitMs > deadlineMs / 2) {
      throw new LakeError(
        'EXCHANGE_BANNED',
        `the request weight of ${new URL(url).host} is used up for this minute`,
        { hint: 'other programs on this address ask a lot; a longer `--interval` asks less' },
      );
    }
    await sleep(waitMs, undefined, { signal });
  }

  #throwIfRefused(url: string): void {
    const refusal = this.#options.hostLimits.refusalOf(url);
    if (refusal) throw refusal;
  }

  async #check(
    url: string,
    host: string,
    { status, headers, body }: RawAnswer,
    isFile: boolean,
  ): Promise<void> {
    const said = this.#withoutKey(body.slice(0, 2000));
    const refused = await this.#options.hostLimits.refused(url, {
      status,
      retryAfter: textOf(headers['retry-after']),
      body: said,
    });
    if (refused) throw refused;
    if (status === 408 || status >= 500) throw new PassingError(failing(host, status));
    if (status >= 300 && status < 400) throw this.#nonsense(`${host} sends us elsewhere (${status})`);
    const reason = printable(said.trim(), MAX_REASON_CHARS);
    if (status !== 200) {
      throw new HttpStatusError(
        status,
        `${host} refused the request with ${status}: ${reason}`,
        `check the symbols that were asked for, and the address in \`${this.#options.limits.settings}\``,
      );
    }
    if (isFile) return;
    const text = body.trim();
    if (!/^[[{]/.test(text))
      throw this.#nonsense(`${host} answered with something that is not JSON: ${reason}`);
    if (!text.endsWith(text.startsWith('[') ? ']' : '}')) {
      throw new PassingError(this.#nonsense(`${host} answered with JSON that breaks off`));
    }
  }

  #unreachable(host: string, why: string, cause: unknown): LakeError {
    return new LakeError('EXCHANGE_UNREACHABLE', `${host} cannot be reached: ${why}`, {
      hint:
        networkHint(cause) ??
        `check the network, the proxy if there is one, and the address in \`${this.#options.limits.settings}\``,
      cause,
    });
  }

  #nonsense(message: string): LakeError {
    return new LakeError('EXCHANGE_NONSENSE', message, {
      hint: `a proxy or a login page may stand in between; check the address in \`${this.#options.limits.settings}\``,
    });
  }

  /** Whatever the other side echoes. */
  #withoutKey(text: string): string {
    const { apiKey } = this.#options;
    return apiKey ? text.replaceAll(apiKey, '…') : text;
  }
}

type WholeAnswer = RestAnswer & Pick<RawAnswer, 'bytes'>;

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly bytes: Uint8Array;
}

function rejectedAtAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function failing(host: string, status: number): LakeError {
  return new LakeError('EXCHANGE_UNREACHABLE', `${host} fails with ${status}`, {
    hint: "the fault is the exchange's; try again later",
  });
}

function textOf(header: unknown): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
