/** What a company did to its stock: its price of before and after are not the same thing. */
export interface CorporateAction {
  readonly kind: 'dividend' | 'split';
  /** Microseconds since the epoch. */
  readonly timeUs: number;
  /** A dividend's amount, or a split's new shares for one old one. */
  readonly value: number;
}
