/**
 * GET requests to the exchange: time-outs, a bounded body, the weight budget, retries with jitter for what may pass by
 * itself, a circuit breaker a host, and the host's gate for everything that must not be retried.
 */
import {
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IPolicy,
  isBrokenCircuitError,
  retry,
  wrap,
} from 'cockatiel';
import { Agent, request } from 'undici';
import type { Clock } from '../clock.ts';
import { LakeError, messageOf, systemCodeOf } from '../errors.ts';
import { printable } from '../printable.ts';
import type { HostGates } from './host-gate.ts';
import { WeightBudget } from './weight-budget.ts';

export interface RestClientOptions {
  readonly gates: HostGates;
  readonly clock: Clock;
  /** Sent as `X-MBX-APIKEY`; never logged. */
  readonly apiKey: string | undefined;
  readonly maxAttempts?: number;
  readonly timeoutMs?: number;
}

export interface RestAnswer {
  readonly body: string;
  /** Microseconds since the epoch. */
  readonly startedAtUs: number;
  readonly receivedAtUs: number;
}

const MAX_BODY_BYTES = 64 * 2 ** 20;
const DEFAULT_TIMEOUT_MS = 15_000;
const DEFAULT_ATTEMPTS = 3;
const SPOT_WEIGHT_LIMIT = 6000;
const BREAK_AFTER_FAILURES = 5;
const HALF_OPEN_MS = 30_000;

export class RestClient {
  readonly #options: RestClientOptions;
  readonly #agent: Agent;
  readonly #budget = new WeightBudget(SPOT_WEIGHT_LIMIT);
  readonly #policies = new Map<string, IPolicy>();

  constructor(options: RestClientOptions) {
    this.#options = options;
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#agent = new Agent({
      connect: { timeout: timeoutMs },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: MAX_BODY_BYTES,
      connections: 4,
    });
  }

  /**
   * @param weight of the request, by the exchange's table.
   * @throws LakeError EXCHANGE_UNREACHABLE, EXCHANGE_REFUSED, EXCHANGE_BANNED, EXCHANGE_BLOCKED, EXCHANGE_NONSENSE.
   */
  async get(url: string, weight: number, signal: AbortSignal): Promise<RestAnswer> {
    const { host } = new URL(url);
    const refusal = this.#options.gates.refusalOf(url);
    if (refusal) throw refusal;
    try {
      return await this.#policyOf(host).execute(() => this.#getOnce(url, host, weight, signal));
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      throw new LakeError(
        'EXCHANGE_UNREACHABLE',
        `${host} has failed several times in a row; it is left alone for a while`,
        {
          hint: 'look at the network; the next try is within half a minute',
          cause: error,
        },
      );
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #getOnce(url: string, host: string, weight: number, signal: AbortSignal): Promise<RestAnswer> {
    const { clock, gates, apiKey, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    const refusal = gates.refusalOf(url);
    if (refusal) throw refusal;
    if (this.#budget.waitMs(host, weight, clock.nowUs() / 1000) > 0) {
      throw new LakeError('EXCHANGE_BANNED', `the request weight of ${host} is used up for this minute`, {
        hint: 'other programs on this address ask a lot; a longer `--interval` asks less',
      });
    }
    this.#budget.spend(host, weight, clock.nowUs() / 1000);
    const startedAtUs = clock.nowUs();
    let answer: { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string };
    try {
      const response = await request(url, {
        dispatcher: this.#agent,
        headers: { accept: 'application/json', ...(apiKey === undefined ? {} : { 'X-MBX-APIKEY': apiKey }) },
        // The whole exchange has one deadline: a body that trickles for ever is no answer.
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs * 2)]),
      });
      answer = { status: response.statusCode, headers: response.headers, body: await response.body.text() };
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(host, error);
    }
    const receivedAtUs = clock.nowUs();
    this.#budget.observe(host, textOf(answer.headers['x-mbx-used-weight-1m']), receivedAtUs / 1000);
    await this.#check(url, host, answer);
    gates.worked(url);
    return { body: answer.body, startedAtUs, receivedAtUs };
  }

  async #check(
    url: string,
    host: string,
    { status, headers, body }: { status: number; headers: Record<string, unknown>; body: string },
  ): Promise<void> {
    const refused = await this.#options.gates.refused(url, {
      status,
      retryAfter: textOf(headers['retry-after']),
      body: body.slice(0, 2000),
    });
    if (refused) throw refused;
    if (status === 408 || status >= 500) throw failing(host, status);
    if (status !== 200) {
      throw new LakeError(
        'EXCHANGE_REFUSED',
        `${host} refused the request with ${status}: ${printable(body.trim(), 200)}`,
        {
          hint: 'check the symbols that were asked for, and the address in `BINANCE_…_URL`',
        },
      );
    }
    const first = body.trimStart()[0];
    if (first !== '[' && first !== '{') {
      throw new LakeError(
        'EXCHANGE_NONSENSE',
        `${host} answered with something that is not JSON: ${printable(body.trim(), 100)}`,
        {
          hint: 'a proxy or a login page may stand in between; check the address in `BINANCE_…_URL`',
        },
      );
    }
  }

  /** Retries inside of a breaker: five failed calls in a row rest the host. */
  #policyOf(host: string): IPolicy {
    let policy = this.#policies.get(host);
    if (policy === undefined) {
      const passing = handleWhen((error) => error instanceof PassingError);
      const breaker: CircuitBreakerPolicy = circuitBreaker(passing, {
        halfOpenAfter: HALF_OPEN_MS,
        breaker: new ConsecutiveBreaker(BREAK_AFTER_FAILURES),
      });
      const retries = retry(passing, {
        maxAttempts: (this.#options.maxAttempts ?? DEFAULT_ATTEMPTS) - 1,
        backoff: new ExponentialBackoff({ initialDelay: 300, maxDelay: 5000 }),
      });
      policy = wrap(breaker, retries);
      this.#policies.set(host, policy);
    }
    return policy;
  }
}

/** A failure that may pass by itself. */
class PassingError extends LakeError {}

function unreachable(host: string, error: unknown): PassingError {
  const code = systemCodeOf(error) ?? systemCodeOf((error as Error).cause);
  const why =
    code === 'ENOTFOUND' || code === 'EAI_AGAIN'
      ? 'its name cannot be resolved'
      : printable(messageOf(error), 200) || String(code);
  return new PassingError('EXCHANGE_UNREACHABLE', `${host} cannot be reached: ${why}`, {
    hint: 'check the network and the address in `BINANCE_…_URL`',
    cause: error,
  });
}

function failing(host: string, status: number): PassingError {
  return new PassingError('EXCHANGE_UNREACHABLE', `${host} fails with ${status}`, {
    hint: "the fault is the exchange's; try again later",
  });
}

function textOf(header: unknown): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
