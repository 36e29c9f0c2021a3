import { SandglassError } from '#base/errors.ts';

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

const nanoPerOne = 1_000_000_000n;
const nanoPerMilli = 1_000_000n;

const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binarySuffixes: Readonly<Record<string, number>> = {
  Ki: 10,
  Mi: 20,
  Gi: 30,
  Ti: 40,
  Pi: 50,
  Ei: 60,
};
const suffixOfExponent = new Map(
  Object.entries(decimalSuffixes).map(([suffix, exponent]) => [exponent, suffix]),
);
const suffixOfPower = new Map(
  Object.entries(binarySuffixes).map(([suffix, power]) => [power, suffix]),
);

/** Exact to the billionth, rounded away from zero beyond it (apimachinery, pkg/api/resource/quantity.go). */
export class Quantity {
  static readonly zero = new Quantity(0n, 'DecimalSI');

  readonly nano: bigint;
  readonly format: QuantityFormat;

  constructor(nano: bigint, format: QuantityFormat) {
    this.nano = nano;
    this.format = format;
  }

  static of(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * nanoPerOne, format);
  }

  static ofMilli(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * nanoPerMilli, format);
  }

  /** In whole units, rounded up. */
  value(): number {
    return Number(divideUp(this.nano, nanoPerOne));
  }

  /** In thousandths, rounded up. */
  milliValue(): number {
    return Number(divideUp(this.nano, nanoPerMilli));
  }

  /** Nothing finer than a thousandth. */
  roundUpToMilli(): Quantity {
    const rounded = divideUp(this.nano, nanoPerMilli) * nanoPerMilli;
    return new Quantity(rounded, this.format);
  }

  isZero(): boolean {
    return this.nano === 0n;
  }

  /** Below zero if this is less than the other, above if more. */
  compare(other: Quantity): number {
    return this.nano < other.nano ? -1 : this.nano > other.nano ? 1 : 0;
  }

  /** Keeps this one's format, or takes the other's if this is zero, as upstream's Add does. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nano + other.nano, this.isZero() ? other.format : this.format);
  }

  subtract(other: Quantity): Quantity {
    return new Quantity(this.nano - other.nano, this.isZero() ? other.format : this.format);
  }

  /** In canonical form: no fraction, the largest suffix that loses nothing. */
  toString(): string {
    if (this.nano === 0n) return '0';
    const isWhole = this.nano % nanoPerOne === 0n;
    const limit = 1024n * nanoPerOne;
    const isSmall = this.nano > -limit && this.nano < limit;
    return this.format === 'BinarySI' && isWhole && !isSmall
      ? this.#binaryText()
      : this.#decimalText();
  }

  toJSON(): string {
    return this.toString();
  }

  #binaryText(): string {
    let value = this.nano / nanoPerOne;
    let power = 0;
    while (power < 60 && value % 1024n === 0n) {
      value /= 1024n;
      power += 10;
    }
    return `${value}${suffixOfPower.get(power) ?? ''}`;
  }

  #decimalText(): string {
    const largest = this.format === 'DecimalExponent' ? Infinity : 18;
    let value = this.nano;
    let exponent = -9;
    while (exponent < largest && value % 1000n === 0n) {
      value /= 1000n;
      exponent += 3;
    }
    const suffix =
      this.format === 'DecimalExponent'
        ? exponent === 0
          ? ''
          : `e${exponent}`
        : (suffixOfExponent.get(exponent) ?? '');
    return `${value}${suffix}`;
  }
}

function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  const rest = value % divisor;
  if (rest === 0n) return quotient;
  return rest > 0n ? quotient + 1n : quotient - 1n;
}

export const quantityPatternText =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixText = "unable to parse quantity's suffix";
const numericText = 'unable to parse numeric part of quantity';

/** Upstream's caps: 2^63-1 for what is written with a binary suffix. */
const maxBinary = (2n ** 63n - 1n) * nanoPerOne;

/** Longest exponent that is worked out; upstream's int32 allows sizes that nothing can hold. */
const maxExponent = 1000;

/** Throws `invalid-argument` with upstream's text. */
export function parseQuantity(text: string): Quantity {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/.exec(text);
  const [, sign = '', whole = '', decimals = '', suffix = ''] = match ?? [];
  if (!match || text === '') throw wrong(quantityPatternText);
  // A sign or a dot alone counts as zero, as upstream's scanner has it.
  const digits = `${whole}${decimals}` === '' ? '0' : `${whole}${decimals}`;
  const { exponent, power, format } = interpretSuffix(suffix);
  if (Math.abs(exponent) > maxExponent) throw wrong(numericText);
  const scale = exponent - decimals.length + 9;
  const scaled = BigInt(digits) * 2n ** BigInt(power);
  const nano = scale >= 0 ? scaled * 10n ** BigInt(scale) : divideUp(scaled, 10n ** BigInt(-scale));
  const capped = format === 'BinarySI' && nano > maxBinary ? maxBinary : nano;
  const isFraction = format === 'BinarySI' && capped > 0n && capped < nanoPerOne;
  return new Quantity(sign === '-' ? -capped : capped, isFraction ? 'DecimalSI' : format);
}

export function tryParseQuantity(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof SandglassError) return undefined;
    throw error;
  }
}

/** Of a resource list's entry; what is absent counts as nothing. */
export function quantityOf(
  list: Readonly<Record<string, string>> | undefined,
  name: string,
): Quantity {
  const text = list?.[name];
  return text === undefined ? Quantity.zero : parseQuantity(text);
}

function interpretSuffix(suffix: string): {
  exponent: number;
  power: number;
  format: QuantityFormat;
} {
  const decimal = decimalSuffixes[suffix];
  if (decimal !== undefined) return { exponent: decimal, power: 0, format: 'DecimalSI' };
  const binary = binarySuffixes[suffix];
  if (binary !== undefined) return { exponent: 0, power: binary, format: 'BinarySI' };
  const written = /^[eE]([-+]?\d+)$/.exec(suffix)?.[1];
  if (written === undefined) throw wrong(suffixText);
  return { exponent: Number(written), power: 0, format: 'DecimalExponent' };
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}
