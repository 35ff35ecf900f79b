import type { Clock, Timer } from '@batten/core'

/** Who is told that a {@link TimerEntry} is due. `kind` is what the entry was made with. */
export interface TimerTarget {
  onTimer(kind: number): void
}

/** One coarse timer, made once and scheduled often: no closure, no allocation a request. */
export class TimerEntry {
  readonly target: TimerTarget
  readonly kind: number
  /** Monotonic milliseconds. */
  deadlineMs = 0
  /** @internal */
  next: TimerEntry | undefined = undefined
  /** @internal */
  previous: TimerEntry | undefined = undefined
  /** @internal The slot that it is in, -1 when it is not scheduled. */
  slot = -1

  constructor(target: TimerTarget, kind = 0) {
    this.target = target
    this.kind = kind
  }

  get isScheduled(): boolean {
    return this.slot >= 0
  }
}

const TICK_MS = 5
const SLOTS = 4096

/**
 * Timers for the request path: thousands are started and cancelled a second and nearly none fires, so that starting
 * and cancelling must cost nothing. A hashed wheel: an entry is late by at most one tick of 5 ms, never early.
 *
 * The wheel sleeps until the next slot that holds something, so an idle proxy does not wake up for it.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #slots: (TimerEntry | undefined)[] = new Array<TimerEntry | undefined>(SLOTS).fill(undefined)
  #scheduled = 0
  /** The last tick that was worked off. */
  #tick: number
  #wakeTick = Number.POSITIVE_INFINITY
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#tick = Math.floor(clock.monotonicMs() / TICK_MS)
  }

  /** Entries that wait. */
  get size(): number {
    return this.#scheduled
  }

  /**
   * Starts an entry; one that runs already is moved.
   *
   * @param nowMs - monotonic milliseconds, when the caller just asked the clock
   */
  schedule(entry: TimerEntry, delayMs: number, nowMs: number = this.#clock.monotonicMs()): void {
    if (entry.slot >= 0) this.#unlink(entry)
    const deadlineMs = nowMs + delayMs
    entry.deadlineMs = deadlineMs
    if (this.#scheduled === 0) this.#tick = Math.max(this.#tick, Math.floor(nowMs / TICK_MS))
    const tick = Math.max(Math.ceil(deadlineMs / TICK_MS), this.#tick + 1)
    const slot = tick % SLOTS
    const head = this.#slots[slot]
    entry.slot = slot
    entry.next = head
    entry.previous = undefined
    if (head !== undefined) head.previous = entry
    this.#slots[slot] = entry
    this.#scheduled++
    if (tick < this.#wakeTick) this.#wakeAt(tick, nowMs)
  }

  cancel(entry: TimerEntry): void {
    if (entry.slot >= 0) this.#unlink(entry)
  }

  /** Stops everything; entries that wait are forgotten. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#wakeTick = Number.POSITIVE_INFINITY
    for (let slot = 0; slot < SLOTS; slot++) {
      for (let entry = this.#slots[slot]; entry !== undefined; entry = entry.next) entry.slot = -1
      this.#slots[slot] = undefined
    }
    this.#scheduled = 0
  }

  #unlink(entry: TimerEntry): void {
    const { next, previous, slot } = entry
    if (previous === undefined) this.#slots[slot] = next
    else previous.next = next
    if (next !== undefined) next.previous = previous
    entry.next = entry.previous = undefined
    entry.slot = -1
    this.#scheduled--
  }

  #wakeAt(tick: number, nowMs: number): void {
    this.#timer?.cancel()
    this.#wakeTick = tick
    this.#timer = this.#clock.setTimeout(this.#onWake, Math.max(0, Math.ceil(tick * TICK_MS - nowMs)))
  }

  readonly #onWake = (): void => {
    this.#timer = undefined
    this.#wakeTick = Number.POSITIVE_INFINITY
    const nowMs = this.#clock.monotonicMs()
    const nowTick = Math.floor(nowMs / TICK_MS)
    // After a long sleep every slot is due once at most.
    const first = Math.max(this.#tick + 1, nowTick - SLOTS + 1)
    this.#tick = nowTick
    for (let tick = first; tick <= nowTick; tick++) this.#fire(tick % SLOTS, nowMs)
    if (this.#scheduled === 0) return
    for (let tick = this.#tick + 1; tick <= this.#tick + SLOTS; tick++) {
      if (this.#slots[tick % SLOTS] === undefined) continue
      if (tick < this.#wakeTick) this.#wakeAt(tick, nowMs)
      return
    }
  }

  #fire(slot: number, nowMs: number): void {
    // Targets may start and cancel entries of this very slot: collect what is due first.
    let due: TimerEntry[] | undefined
    for (let entry = this.#slots[slot]; entry !== undefined; entry = entry.next)
      if (entry.deadlineMs <= nowMs) {
        due ??= []
        due.push(entry)
      }
    if (due === undefined) return
    for (const entry of due) {
      if (entry.slot < 0 || entry.deadlineMs > nowMs) continue
      this.#unlink(entry)
      entry.target.onTimer(entry.kind)
    }
  }
}
