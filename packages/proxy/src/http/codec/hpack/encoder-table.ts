import { DynamicTable, ENTRY_OVERHEAD_BYTES, type TableEntry } from './dynamic-table.ts'

/** An entry that the encoder finds by name and value. */
export class EncoderEntry implements TableEntry {
  readonly name: string
  readonly value: string
  readonly bytes: number
  /** The entry is the table's insertion of this number, the first one being 1; 0 or less: the static table's entry of index -number. */
  readonly number: number
  /** The next older entry of the same name. */
  older: EncoderEntry | undefined = undefined
  /** The next newer entry of the same name. */
  newer: EncoderEntry | undefined = undefined
  /** Some block referred to name and value. */
  isUsed = false

  constructor(name: string, value: string, number: number) {
    this.name = name
    this.value = value
    this.bytes = name.length + value.length + ENTRY_OVERHEAD_BYTES
    this.number = number
  }
}

/** The encoder's dynamic table: the ring, with the entries of each name linked from the newest to the oldest. */
export class EncoderTable extends DynamicTable<EncoderEntry> {
  readonly #newest = new Map<string, EncoderEntry>()
  readonly #onUnused: (name: string) => void
  #isResizing = false

  /** @param onUnused hears of a name whose entry made place for others before any block referred to it. */
  constructor(maxBytes: number, onUnused: (name: string) => void) {
    super(maxBytes)
    this.#onUnused = onUnused
  }

  /** The newest entry of a name; the others follow it as `older`. */
  newest(name: string): EncoderEntry | undefined {
    return this.#newest.get(name)
  }

  /** Index of an entry in the dynamic table, 0 being the newest. */
  indexOf(entry: EncoderEntry): number {
    return this.inserted - entry.number
  }

  /** Whether an entry was not evicted yet. */
  holds(entry: EncoderEntry): boolean {
    return entry.number > this.inserted - this.length
  }

  add(name: string, value: string): void {
    const entry = new EncoderEntry(name, value, this.inserted + 1)
    if (!this.insert(entry)) return
    const older = this.#newest.get(name)
    if (older !== undefined) {
      entry.older = older
      older.newer = entry
    }
    this.#newest.set(name, entry)
  }

  /** Entries that leave with a smaller limit say nothing about their names. */
  override resize(maxBytes: number): void {
    this.#isResizing = true
    super.resize(maxBytes)
    this.#isResizing = false
  }

  protected override evicted(entry: EncoderEntry): void {
    // What is evicted is the oldest of all, and so the oldest of its name.
    if (entry.newer === undefined) this.#newest.delete(entry.name)
    else entry.newer.older = undefined
    // Who still holds the entry does not hold all that came after it.
    entry.newer = undefined
    if (!entry.isUsed && !this.#isResizing) this.#onUnused(entry.name)
  }
}
