/** A long-lived task under the supervisor. */
export interface Service {
  /** For logs: `liquidations`, `prices`, `upkeep`. */
  readonly name: string;
  /**
   * Works until `signal` is aborted, then drains and resolves. A rejection is a failure: the supervisor starts the
   * service again with back-off, unless `isFatal` says that a new start cannot help.
   */
  run(signal: AbortSignal): Promise<void>;
}
