/** A value with its version. */
interface Entry {
  readonly value: Uint8Array
  readonly cas: number
}

interface Queue {
  readonly id: number
  readonly items: Uint8Array[]
  /** Tells the VM that registered the queue last. */
  ready: (id: number) => void
}

/** Limits over all modules of a proxy. */
const MAX_BYTES = 64 * 1024 * 1024
const MAX_QUEUED = 100_000

/**
 * What modules share: key-value data by `vm_id`, and queues by `vm_id` and name. It lives as long as some VM with that
 * `vm_id` does.
 */
export class SharedData {
  readonly #data = new Map<string, Map<string, Entry>>()
  readonly #queues = new Map<number, Queue>()
  readonly #queueIds = new Map<string, number>()
  readonly #users = new Map<string, number>()
  #nextCas = 1
  #nextQueue = 1
  #bytes = 0

  /** A VM with this id exists now. */
  retain(vmId: string): void {
    this.#users.set(vmId, (this.#users.get(vmId) ?? 0) + 1)
  }

  /** It is gone; after the last one its data is forgotten. */
  release(vmId: string): void {
    const users = (this.#users.get(vmId) ?? 0) - 1
    if (users > 0) {
      this.#users.set(vmId, users)
      return
    }
    this.#users.delete(vmId)
    for (const entry of this.#data.get(vmId)?.values() ?? []) this.#bytes -= entry.value.length
    this.#data.delete(vmId)
    for (const [name, id] of this.#queueIds) {
      if (!name.startsWith(`${vmId}\0`)) continue
      this.#queueIds.delete(name)
      this.#queues.delete(id)
    }
  }

  get(vmId: string, key: string): Entry | undefined {
    return this.#data.get(vmId)?.get(key)
  }

  /** Writes a value; with `cas` other than 0 only over that version (or nothing). */
  set(vmId: string, key: string, value: Uint8Array, cas: number): boolean {
    let data = this.#data.get(vmId)
    if (data === undefined) {
      data = new Map()
      this.#data.set(vmId, data)
    }
    const old = data.get(key)
    if (cas !== 0 && old !== undefined && old.cas !== cas) return false
    const growth = value.length - (old?.value.length ?? 0)
    if (growth > 0 && this.#bytes + growth > MAX_BYTES) return false
    this.#bytes += growth
    data.set(key, { value, cas: this.#nextCas })
    this.#nextCas = this.#nextCas === 0xffff_ffff ? 1 : this.#nextCas + 1
    return true
  }

  /** Makes the queue, or takes an existing one over. */
  registerQueue(vmId: string, name: string, ready: (id: number) => void): number {
    const key = `${vmId}\0${name}`
    const known = this.#queueIds.get(key)
    if (known !== undefined) {
      this.#queues.get(known)!.ready = ready
      return known
    }
    const id = this.#nextQueue++
    this.#queueIds.set(key, id)
    this.#queues.set(id, { id, items: [], ready })
    return id
  }

  resolveQueue(vmId: string, name: string): number | undefined {
    return this.#queueIds.get(`${vmId}\0${name}`)
  }

  /** Adds an item and tells the owner; false when there is no such queue or it is full. */
  enqueue(id: number, item: Uint8Array): boolean {
    const queue = this.#queues.get(id)
    if (queue === undefined || queue.items.length >= MAX_QUEUED) return false
    queue.items.push(item)
    queue.ready(id)
    return true
  }

  dequeue(id: number): Uint8Array | 'empty' | undefined {
    const queue = this.#queues.get(id)
    if (queue === undefined) return undefined
    return queue.items.shift() ?? 'empty'
  }
}
