/** A monotonically growing count. The hot path holds the object and calls `inc`: one addition, no lookup. */
export class Counter {
  value = 0

  inc(): void {
    this.value += 1
  }

  add(amount: number): void {
    this.value += amount
  }
}

/** A value that goes up and down. */
export class Gauge {
  value = 0
  /** Whether a value was ever given to it: a gauge that is 0 may say something, or nothing yet. */
  used = false

  set(value: number): void {
    this.value = value
    this.used = true
  }

  inc(): void {
    this.value += 1
    this.used = true
  }

  dec(): void {
    this.value -= 1
  }

  add(amount: number): void {
    this.value += amount
    this.used = true
  }
}
