/**
 * Decimals as whole numbers of a power of ten, so that sums are exact: 0.1 + 0.2 is 0.3. Becomes a double once, at the
 * end, correctly rounded.
 */

export interface ScaledDecimal {
  /** The value times 10^scale. */
  readonly units: bigint;
  /** Decimal places. */
  readonly scale: number;
}

export const ZERO: ScaledDecimal = { units: 0n, scale: 0 };

/** @returns undefined for anything but plain digits with an optional fraction. */
export function parseScaled(text: string): ScaledDecimal | undefined {
  if (!/^\d{1,40}(\.\d{1,40})?$/.test(text)) return undefined;
  const dotAt = text.indexOf('.');
  if (dotAt < 0) return { units: BigInt(text), scale: 0 };
  return { units: BigInt(text.slice(0, dotAt) + text.slice(dotAt + 1)), scale: text.length - dotAt - 1 };
}

export function addScaled(a: ScaledDecimal, b: ScaledDecimal): ScaledDecimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

export function multiplyScaled(a: ScaledDecimal, b: ScaledDecimal): ScaledDecimal {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

/** Negative, zero or positive, as for a sort. */
export function compareScaled(a: ScaledDecimal, b: ScaledDecimal): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = unitsAt(a, scale) - unitsAt(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The nearest double. */
export function scaledToNumber(value: ScaledDecimal): number {
  return Number(scaledToText(value));
}

export function scaledToText({ units, scale }: ScaledDecimal): string {
  if (scale === 0) return units.toString();
  const digits = units.toString().padStart(scale + 1, '0');
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function unitsAt({ units, scale }: ScaledDecimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale);
}
