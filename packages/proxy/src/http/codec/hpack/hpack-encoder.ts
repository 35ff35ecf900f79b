import { BlockWriter } from './block-writer.ts'
import { DEFAULT_TABLE_BYTES, type TableEntry } from './dynamic-table.ts'
import { type EncoderEntry, EncoderTable } from './encoder-table.ts'
import { IndexingPolicy } from './indexing-policy.ts'
import { STATIC_BY_NAME, STATIC_LENGTH, type StaticName } from './static-table.ts'

const COLON = 0x3a

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
    for (const [name, value, neverIndexed] of list) this.#field(writer, name, value, neverIndexed === true)
    return writer.finish(headroom)
  }

  #resize(writer: BlockWriter, bytes: number): void {
    writer.integer(0x20, 0x1f, bytes)
    this.#table.resize(bytes)
  }

  #field(writer: BlockWriter, name: string, value: string, isSensitive: boolean): void {
    writer.reserve(name.length + value.length)
    let known: StaticName | undefined
    if (name.charCodeAt(0) === COLON) {
      known = STATIC_BY_NAME.get(name)
      if (known !== undefined && !isSensitive && writeStatic(writer, known, value)) return
    }
    const newest = this.#table.newest(name)
    if (!isSensitive) {
      for (let entry = newest; entry !== undefined; entry = entry.older) {
        if (entry.value !== value) continue
        entry.isUsed = true
        writer.integer(0x80, 0x7f, this.#index(entry))
        return
      }
    }
    if (known === undefined) {
      known = STATIC_BY_NAME.get(name)
      if (known !== undefined && !isSensitive && writeStatic(writer, known, value)) return
    }
    const nameIndex = known?.index ?? (newest === undefined ? 0 : this.#index(newest))
    this.#literal(writer, name, value, nameIndex, isSensitive)
  }

  #literal(writer: BlockWriter, name: string, value: string, nameIndex: number, isSensitive: boolean): void {
    const indexing = isSensitive ? 'never' : this.#policy.indexing(name, value)
    // A name that no table holds is worth an entry even if its value is not: fields after it refer to the name.
    const isIndexed =
      (indexing === 'index' ||
        (indexing === 'again' && (nameIndex === 0 || this.#policy.isSeenAgain(name, value)))) &&
      this.#isWorthEntry(name, value)
    if (isIndexed) writer.integer(0x40, 0x3f, nameIndex)
    else writer.integer(indexing === 'never' ? 0x10 : 0x00, 0x0f, nameIndex)
    if (nameIndex === 0) writer.text(name)
    writer.text(value)
    if (isIndexed) this.#table.add(name, value)
  }

  /** A field that would empty most of the table does not enter it. */
  #isWorthEntry(name: string, value: string): boolean {
    return name.length + value.length + 32 <= (this.#table.maxBytes * 3) / 4
  }

  #index(entry: EncoderEntry): number {
    return STATIC_LENGTH + 1 + this.#table.indexOf(entry)
  }
}

function writeStatic(writer: BlockWriter, known: StaticName, value: string): boolean {
  const place = known.values.indexOf(value)
  if (place < 0 && (known.values.length > 0 || value !== '')) return false
  writer.integer(0x80, 0x7f, known.index + Math.max(place, 0))
  return true
}
