/** What a picture in the terminal may use. No picture needs colour, or more than ASCII, to be read. */
export interface PictureStyle {
  /** Columns that a line may take. */
  readonly width: number;
  /** Block and box characters; plain ASCII without. */
  readonly unicode: boolean;
  readonly color: boolean;
}

const SGR = { bold: 1, red: 31, green: 32, yellow: 33, blue: 34 } as const;

export function paint(text: string, look: keyof typeof SGR, isOn: boolean): string {
  return isOn && text !== '' ? `\x1b[${SGR[look]}m${text}\x1b[0m` : text;
}

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** `1.23M`: at most 6 characters for what the lake holds. */
export function compactNumber(value: number): string {
  return COMPACT.format(value);
}
