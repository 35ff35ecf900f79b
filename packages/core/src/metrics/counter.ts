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

  set(value: number): void {
    this.value = value
  }

  inc(): void {
    this.value += 1
  }

  dec(): void {
    this.value -= 1
  }

  add(amount: number): void {
    this.value += amount
  }
}
