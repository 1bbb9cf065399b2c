/** Keys of an object store, and where they are looked for. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** Milliseconds since the epoch; undefined for keys that last. */
  readonly expiresAtMs?: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;
