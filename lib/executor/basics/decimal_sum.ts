/**
 * An exact sum of decimal numbers. Floating-point addition would make 0.30000000000000004 of 0.1 and 0.2, and another sum for
 * another order. Here each number stands for its shortest decimal text, which is the one that its author wrote.
 */

/** The parts of a finite number's text: `-12.5e-7`. */
const NUMBER = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

export class DecimalSum {
  /** Sum of whole numbers, as long as it is exact. Whole numbers are the usual case, and this is faster. */
  #whole = 0;
  /** Sum of the other numbers, times 10 to the power of `#scale`. */
  #units = 0n;
  #scale = 0;

  /** Adds a finite number. */
  add(amount: number): void {
    const whole = this.#whole + amount;
    if (Number.isSafeInteger(amount) && Number.isSafeInteger(whole)) this.#whole = whole;
    else this.#addDecimal(amount);
  }

  #addDecimal(amount: number): void {
    const [, integer, fraction = "", exponent = "0"] = NUMBER.exec(String(amount))!;
    const units = BigInt(integer + fraction);
    const scale = fraction.length - Number(exponent);
    const common = Math.max(scale, this.#scale);
    this.#units = scaled(this.#units, common - this.#scale) + scaled(units, common - scale);
    this.#scale = common;
  }

  /** The number that is nearest to the sum. */
  get value(): number {
    if (this.#units === 0n) return this.#whole;
    const units = this.#units + scaled(BigInt(this.#whole), this.#scale);
    const value = Number(`${units}e-${this.#scale}`);
    // JSON has no infinity.
    return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  }
}

function scaled(units: bigint, zeros: number): bigint {
  return zeros === 0 ? units : units * 10n ** BigInt(zeros);
}
