/** Bytes that RFC 7541 counts for each entry on top of its name and value. */
export const ENTRY_OVERHEAD_BYTES = 32
/** SETTINGS_HEADER_TABLE_SIZE of a peer that has not announced another. */
export const DEFAULT_TABLE_BYTES = 4096

/** A field in a table, with the size that RFC 7541 counts for it. */
export interface TableEntry {
  readonly name: string
  readonly value: string
  /** Length of name and value, and {@link ENTRY_OVERHEAD_BYTES}. */
  readonly bytes: number
}

const FIRST_SLOTS = 16

/**
 * The dynamic table of one direction of a connection: first in, first out, limited in bytes. It is a ring, so that neither
 * inserting nor evicting moves other entries; it grows with use, because most connections hold few entries.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7541#section-2.3.2
 * @see https://www.rfc-editor.org/rfc/rfc7541#section-4
 */
export class DynamicTable<Entry extends TableEntry> {
  #slots: (Entry | undefined)[] = []
  #mask = -1
  #inserted = 0
  #length = 0
  #bytes = 0
  #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Number of entries. */
  get length(): number {
    return this.#length
  }

  /** Size of all entries as RFC 7541 section 4.1 counts it. */
  get bytes(): number {
    return this.#bytes
  }

  get maxBytes(): number {
    return this.#maxBytes
  }

  /** Number of entries ever inserted. The entry that was inserted as number n is at `inserted - n` (numbers start at 1). */
  get inserted(): number {
    return this.#inserted
  }

  /** The entry at an index from 0, the newest, to `length - 1`. */
  at(index: number): Entry {
    return this.#slots[(this.#inserted - 1 - index) & this.#mask]!
  }

  /** Evicts what has to go and inserts. An entry bigger than the table leaves it empty, and is not in it (section 4.4). */
  insert(entry: Entry): boolean {
    this.#evictTo(this.#maxBytes - entry.bytes)
    if (entry.bytes > this.#maxBytes) return false
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[this.#inserted & this.#mask] = entry
    this.#inserted++
    this.#length++
    this.#bytes += entry.bytes
    return true
  }

  /** Changes the limit, and evicts what no longer fits (section 4.3). */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes
    this.#evictTo(maxBytes)
  }

  /** Entries from the newest to the oldest. */
  entries(): Entry[] {
    return Array.from({ length: this.#length }, (_, index) => this.at(index))
  }

  /** An entry left the table. */
  protected evicted(_entry: Entry): void {}

  #evictTo(bytes: number): void {
    while (this.#length > 0 && this.#bytes > bytes) {
      const slot = (this.#inserted - this.#length) & this.#mask
      const entry = this.#slots[slot]!
      this.#slots[slot] = undefined
      this.#length--
      this.#bytes -= entry.bytes
      this.evicted(entry)
    }
  }

  #grow(): void {
    const slots = new Array<Entry | undefined>(Math.max(FIRST_SLOTS, this.#slots.length * 2)).fill(undefined)
    const mask = slots.length - 1
    for (let index = 0; index < this.#length; index++) {
      slots[(this.#inserted - 1 - index) & mask] = this.at(index)
    }
    this.#slots = slots
    this.#mask = mask
  }
}
