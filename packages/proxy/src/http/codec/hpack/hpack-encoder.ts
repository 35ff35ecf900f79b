import { BlockWriter } from './block-writer.ts'
import { DEFAULT_TABLE_BYTES, ENTRY_OVERHEAD_BYTES, type TableEntry } from './dynamic-table.ts'
import { EncoderEntry, EncoderTable } from './encoder-table.ts'
import { type Indexing, IndexingPolicy } from './indexing-policy.ts'
import { STATIC_BY_NAME, STATIC_LENGTH, STATIC_NAMES, STATIC_VALUES } from './static-table.ts'

const COLON = 0x3a
/** The biggest part of the table that one entry may take. */
const MAX_TABLE_SHARE = 3 / 4
/** For how many fields of a block the encoder remembers which entry it last sent there. */
const RECALLED_FIELDS = 64

/** The entries of the static table as the encoder remembers them. */
const STATIC_ENTRIES = STATIC_NAMES.map(
  (name, index) => new EncoderEntry(name, STATIC_VALUES[index]!, -index),
)

/**
 * A field to encode. `neverIndexed` marks a value as sensitive beside those that the encoder knows as such: no hop on the
 * way may put it into a table.
 */
export type HpackField = readonly [name: string, value: string, neverIndexed?: boolean]

/** What one encoder may use. */
export interface HpackEncoderOptions {
  /** The most bytes of dynamic table to use, whatever the peer would allow. Default 4096. */
  readonly maxTableBytes?: number
}

/**
 * Encodes the header blocks of one direction of an HTTP/2 connection. Blocks must be sent in the order in which they were
 * encoded, and all of them.
 *
 * Fields enter the dynamic table unless their names are known, or turn out, to come with other values each time. Values
 * of `authorization`, `proxy-authorization` and short `cookie` fields never do (RFC 7541 section 7.1.3).
 *
 * @example
 * ```ts
 * const encoder = new HpackEncoder()
 * const block = encoder.encode([[':method', 'POST'], ['content-type', 'application/grpc']])
 * ```
 * @see https://www.rfc-editor.org/rfc/rfc7541#section-2.1
 */
export class HpackEncoder {
  readonly #policy = new IndexingPolicy()
  readonly #table = new EncoderTable(DEFAULT_TABLE_BYTES, (name) => this.#policy.learnVarying(name))
  readonly #maxTableBytes: number
  /**
   * By place in the block: the entry that was last sent there. Blocks of a connection resemble each other, and their strings
   * are often the same objects, so that two comparisons of pointers find most fields.
   */
  readonly #recalled: (EncoderEntry | undefined)[] = []
  /** The size that the next block sets, and the smallest that was asked for since the last block. */
  #tableBytes: number
  #smallestTableBytes: number

  constructor(options: HpackEncoderOptions = {}) {
    this.#maxTableBytes = options.maxTableBytes ?? DEFAULT_TABLE_BYTES
    this.#tableBytes = Math.min(this.#maxTableBytes, DEFAULT_TABLE_BYTES)
    this.#smallestTableBytes = this.#tableBytes
  }

  /** The dynamic table as it is now, newest entry first, with its size in bytes: for tests and dumps. */
  get dynamicTable(): {
    readonly entries: readonly TableEntry[]
    readonly bytes: number
    readonly maxBytes: number
  } {
    return { entries: this.#table.entries(), bytes: this.#table.bytes, maxBytes: this.#table.maxBytes }
  }

  /**
   * The peer's SETTINGS_HEADER_TABLE_SIZE changed: the next block starts with a size update, if the table that we use
   * changes with it. Never uses more than our own `maxTableBytes`.
   * @see https://www.rfc-editor.org/rfc/rfc7541#section-4.2
   */
  setPeerTableBytes(bytes: number): void {
    this.#tableBytes = Math.min(bytes, this.#maxTableBytes)
    this.#smallestTableBytes = Math.min(this.#smallestTableBytes, this.#tableBytes)
  }

  /**
   * Encodes one block. Names are in lower case already; names and values are Latin-1 (a code unit above 0xff is sent as
   * `?`). The buffer is the caller's; it starts with `headroom` bytes of any content, for a frame's header.
   */
  encode(fields: Iterable<HpackField>, headroom = 0): Buffer {
    // An iterator could throw in the middle, when fields are in the table that the peer will never hear of.
    const list = Array.isArray(fields) ? (fields as readonly HpackField[]) : [...fields]
    const writer = new BlockWriter()
    if (this.#smallestTableBytes < this.#table.maxBytes) this.#resize(writer, this.#smallestTableBytes)
    if (this.#tableBytes !== this.#table.maxBytes) this.#resize(writer, this.#tableBytes)
    this.#smallestTableBytes = this.#tableBytes
    for (let at = 0; at < list.length; at++) {
      const field = list[at]!
      const name = field[0]
      const value = field[1]
      writer.reserve(name.length + value.length)
      if (field.length > 2 && field[2] === true) {
        this.#literal(writer, name, value, true)
        continue
      }
      const recalled = this.#recalled[at]
      if (recalled !== undefined && recalled.value === value && recalled.name === name) {
        if (recalled.number <= 0) {
          writer.integer(0x80, 0x7f, -recalled.number)
          continue
        }
        if (this.#table.holds(recalled)) {
          writer.integer(0x80, 0x7f, this.#index(recalled))
          continue
        }
      }
      const entry = this.#find(name, value)
      if (at < RECALLED_FIELDS) this.#recalled[at] = entry
      if (entry === undefined) this.#literal(writer, name, value, false)
      else writer.integer(0x80, 0x7f, this.#index(entry))
    }
    return writer.finish(headroom)
  }

  #resize(writer: BlockWriter, bytes: number): void {
    writer.integer(0x20, 0x1f, bytes)
    this.#table.resize(bytes)
  }

  /** The entry that has both name and value. */
  #find(name: string, value: string): EncoderEntry | undefined {
    // Most pseudo-header fields are in the static table, most others in the dynamic one.
    if (name.charCodeAt(0) === COLON) return findStatic(name, value) ?? this.#findDynamic(name, value)
    return this.#findDynamic(name, value) ?? findStatic(name, value)
  }

  #findDynamic(name: string, value: string): EncoderEntry | undefined {
    for (let entry = this.#table.newest(name); entry !== undefined; entry = entry.older) {
      if (entry.value !== value) continue
      entry.isUsed = true
      return entry
    }
    return undefined
  }

  #literal(writer: BlockWriter, name: string, value: string, isSensitive: boolean): void {
    const nameIndex = this.#nameIndex(name)
    const indexing = isSensitive ? 'never' : this.#policy.indexing(name, value)
    const isIndexed = this.#isIndexed(indexing, nameIndex, name, value)
    if (isIndexed) writer.integer(0x40, 0x3f, nameIndex)
    else writer.integer(indexing === 'never' ? 0x10 : 0x00, 0x0f, nameIndex)
    if (nameIndex === 0) writer.text(name)
    writer.text(value)
    if (isIndexed) this.#table.add(name, value)
  }

  /** Index of an entry with the name; 0 without one. */
  #nameIndex(name: string): number {
    const known = STATIC_BY_NAME.get(name)
    if (known !== undefined) return known.index
    const newest = this.#table.newest(name)
    return newest === undefined ? 0 : this.#index(newest)
  }

  #isIndexed(indexing: Indexing, nameIndex: number, name: string, value: string): boolean {
    // A field that would empty most of the table does not enter it.
    if (name.length + value.length + ENTRY_OVERHEAD_BYTES > this.#table.maxBytes * MAX_TABLE_SHARE)
      return false
    switch (indexing) {
      case 'index':
        return true
      case 'again':
        return nameIndex === 0 || this.#policy.isSeenAgain(name, value)
      case 'name':
        return nameIndex === 0
      default:
        return false
    }
  }

  #index(entry: EncoderEntry): number {
    return entry.number <= 0 ? -entry.number : STATIC_LENGTH + 1 + this.#table.indexOf(entry)
  }
}

function findStatic(name: string, value: string): EncoderEntry | undefined {
  const known = STATIC_BY_NAME.get(name)
  if (known === undefined) return undefined
  if (known.values.length === 0) return value === '' ? STATIC_ENTRIES[known.index] : undefined
  const place = known.values.indexOf(value)
  return place < 0 ? undefined : STATIC_ENTRIES[known.index + place]
}
