/** What the live channels carry: rows by column name, as the API shows them. */
export type LiveCell =
  | string
  | number
  | boolean
  | null
  | readonly LiveCell[]
  | { readonly [key: string]: LiveCell };
export type LiveRow = Readonly<Record<string, LiveCell>>;

export type LiveEvent =
  | { readonly kind: 'bar' | 'correction' | 'forming' | 'liquidation' | 'ticker'; readonly row: LiveRow }
  | { readonly kind: 'row'; readonly table: 'indicators' | 'coverage' | 'quality'; readonly row: LiveRow };

/** A frame as a collector received it. */
export interface LiveFrame {
  /** The source's id. */
  readonly source: string;
  readonly connection: string;
  readonly receivedAtUs: number;
  readonly payload: Buffer;
}
