import { shortTypeName } from '@batten/xds'
import type { AckEvent, PushEvent } from '../serve/stream-events.ts'

/** One line of the log: a response, or an answer to one. */
export interface PushLogEntry {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly event: 'push' | 'ack' | 'nack'
  readonly proxy: string
  readonly type: string
  readonly nonce: string
  readonly revision: number
  readonly resources: readonly string[]
  readonly removed?: readonly string[]
  readonly bytes?: number
  readonly durationMs?: number
  readonly error?: string
}

/** The last pushes and answers, and the rejections that stand: what `/debug/push_status` shows. */
export class PushLog {
  readonly #entries: PushLogEntry[] = []
  readonly #size: number
  readonly #now: () => number
  #next = 0

  constructor(now: () => number, size = 500) {
    this.#now = now
    this.#size = size
  }

  pushed(event: PushEvent): void {
    this.#add({
      at: this.#now(),
      event: 'push',
      proxy: event.node.id,
      type: shortTypeName(event.typeUrl),
      nonce: event.nonce,
      revision: event.revision,
      resources: shortened(event.resources),
      removed: shortened(event.removed),
      bytes: event.bytes,
    })
  }

  answered(event: AckEvent): void {
    this.#add({
      at: this.#now(),
      event: event.error === undefined ? 'ack' : 'nack',
      proxy: event.node.id,
      type: shortTypeName(event.typeUrl),
      nonce: event.nonce,
      revision: event.revision,
      resources: shortened(event.resources),
      durationMs: Math.round(event.durationMs * 10) / 10,
      ...(event.error === undefined ? {} : { error: event.error }),
    })
  }

  /** Oldest first. */
  get entries(): readonly PushLogEntry[] {
    return [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)]
  }

  #add(entry: PushLogEntry): void {
    if (this.#entries.length < this.#size) this.#entries.push(entry)
    else {
      this.#entries[this.#next] = entry
      this.#next = (this.#next + 1) % this.#size
    }
  }
}

const MAX_NAMES = 20

function shortened(names: readonly string[]): readonly string[] {
  if (names.length <= MAX_NAMES) return names
  return [...names.slice(0, MAX_NAMES), `... ${names.length - MAX_NAMES} more`]
}
