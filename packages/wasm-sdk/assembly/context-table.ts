/**
 * Live objects by context id: open addressing over the ids, which the host gives out in ascending order, so that a
 * lookup is nearly always one comparison.
 */
export class ContextTable<T> {
  private ids: StaticArray<u32> = new StaticArray<u32>(16)
  private items: StaticArray<T | null> = new StaticArray<T | null>(16)
  /** Number of live objects. */
  count: i32 = 0

  get(id: u32): T | null {
    const mask = this.ids.length - 1
    let slot = <i32>id & mask
    while (true) {
      const found = unchecked(this.ids[slot])
      if (found == id) return unchecked(this.items[slot])
      if (found == 0) return null
      slot = (slot + 1) & mask
    }
  }

  /** Adds an object; the id must be new and not 0. */
  set(id: u32, item: T): void {
    if (this.count * 2 >= this.ids.length) this.grow()
    this.insert(id, item)
    this.count++
  }

  delete(id: u32): void {
    const mask = this.ids.length - 1
    let slot = <i32>id & mask
    while (unchecked(this.ids[slot]) != id) {
      if (unchecked(this.ids[slot]) == 0) return
      slot = (slot + 1) & mask
    }
    this.count--
    // Moves later objects of the run forward, so that no lookup stops at the hole.
    let next = slot
    while (true) {
      next = (next + 1) & mask
      const id = unchecked(this.ids[next])
      if (id == 0) break
      const home = <i32>id & mask
      if (((next - home) & mask) < ((next - slot) & mask)) continue
      unchecked((this.ids[slot] = id))
      unchecked((this.items[slot] = this.items[next]))
      slot = next
    }
    unchecked((this.ids[slot] = 0))
    unchecked((this.items[slot] = null))
  }

  private insert(id: u32, item: T): void {
    const mask = this.ids.length - 1
    let slot = <i32>id & mask
    while (unchecked(this.ids[slot]) != 0) slot = (slot + 1) & mask
    unchecked((this.ids[slot] = id))
    unchecked((this.items[slot] = item))
  }

  private grow(): void {
    const ids = this.ids
    const items = this.items
    this.ids = new StaticArray<u32>(ids.length * 2)
    this.items = new StaticArray<T | null>(ids.length * 2)
    for (let i = 0; i < ids.length; i++) {
      const id = unchecked(ids[i])
      if (id != 0) this.insert(id, unchecked(items[i])!)
    }
  }
}
