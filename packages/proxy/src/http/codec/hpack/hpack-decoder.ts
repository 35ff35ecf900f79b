import { BlockReader } from './block-reader.ts'
import { DEFAULT_TABLE_BYTES, DynamicTable, ENTRY_OVERHEAD_BYTES, type TableEntry } from './dynamic-table.ts'
import { HpackError } from './hpack-error.ts'
import { STATIC_LENGTH, STATIC_NAMES, STATIC_VALUES } from './static-table.ts'

export { HpackError }

/** What one connection accepts of its peer's header blocks. */
export interface HpackLimits {
  /**
   * SETTINGS_HEADER_TABLE_SIZE that we announced, in bytes. Default 4096, the value of a connection without settings. With a
   * higher one the peer may enlarge the table to it; with a lower one the table starts at it, see
   * {@link HpackDecoder.setMaxTableBytes} for a peer that may not know of it yet.
   */
  readonly maxTableBytes?: number
  /** Sum of name + value + 32 over the fields of one block (RFC 9113 section 6.5.2). Default 60 KiB, as Envoy. */
  readonly maxListBytes?: number
  /** Fields of one block. Default 100, as Envoy's `max_headers_count`. */
  readonly maxFields?: number
}

/**
 * Takes one field. It must not throw. `neverIndexed` says that the peer marked the field as sensitive: whoever sends it on
 * must mark it as well (RFC 7541 section 6.2.3).
 */
export type HpackFieldHandler = (name: string, value: string, neverIndexed: boolean) => void

/**
 * Decodes the header blocks of one direction of an HTTP/2 connection, in the order in which they came.
 *
 * It checks the compression only: names and values may hold any byte, and whether they are allowed in a field is for the
 * HTTP/2 codec to say. A block is in memory as a whole, so that its bytes are for the codec to limit, too.
 *
 * @example
 * ```ts
 * const decoder = new HpackDecoder({ maxFields: 50 })
 * const fields: [string, string][] = []
 * const isWithinLimits = decoder.decode(Buffer.from('828684', 'hex'), (name, value) => fields.push([name, value]))
 * // fields: [[':method', 'GET'], [':scheme', 'http'], [':path', '/']]
 * ```
 * @see https://www.rfc-editor.org/rfc/rfc7541#section-3
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto#config-core-v3-http2protocoloptions
 */
export class HpackDecoder {
  readonly #table: DynamicTable<TableEntry>
  readonly #maxListBytes: number
  readonly #maxFields: number
  /** What the peer may enlarge the table to. */
  #maxTableBytes: number
  /** The next block must start with an update to at most this; `Infinity` when it need not. */
  #requiredTableBytes = Number.POSITIVE_INFINITY
  #isBroken = false

  constructor(limits: HpackLimits = {}) {
    this.#maxTableBytes = limits.maxTableBytes ?? DEFAULT_TABLE_BYTES
    this.#maxListBytes = limits.maxListBytes ?? 60 * 1024
    this.#maxFields = limits.maxFields ?? 100
    this.#table = new DynamicTable(Math.min(this.#maxTableBytes, DEFAULT_TABLE_BYTES))
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
   * Another SETTINGS_HEADER_TABLE_SIZE of ours, or the first one that is lower than 4096: call it when the peer's
   * acknowledgement came, because blocks before it follow the old value. After a reduction the next block must start with
   * a size update.
   * @see https://www.rfc-editor.org/rfc/rfc7541#section-4.2
   */
  setMaxTableBytes(bytes: number): void {
    this.#maxTableBytes = bytes
    if (bytes < this.#table.maxBytes) this.#requiredTableBytes = Math.min(this.#requiredTableBytes, bytes)
  }

  /**
   * Decodes one complete block (HEADERS and its CONTINUATIONs joined). Names and values are Latin-1: one code unit a byte.
   * A field that came from a table has the table's own strings.
   *
   * Returns false when the list went over a limit: the field that did so and those after it are not reported, but the
   * dynamic table stays in step, so that the connection can go on.
   *
   * @throws HpackError when the block breaks RFC 7541; every later call throws, too.
   */
  decode(block: Uint8Array, onField: HpackFieldHandler): boolean {
    if (this.#isBroken) throw new HpackError('an earlier block was broken')
    this.#isBroken = true
    const reader = new BlockReader(block)
    const isWithinLimits = this.#decodeFields(reader, onField)
    this.#isBroken = false
    return isWithinLimits
  }

  #decodeFields(reader: BlockReader, onField: HpackFieldHandler): boolean {
    const table = this.#table
    let left = this.#maxListBytes
    let fieldsLeft = this.#maxFields
    let isWithinLimits = true
    let first = this.#sizeUpdates(reader)
    for (; first >= 0; first = reader.isAtEnd ? -1 : reader.byte()) {
      let name: string
      let value: string
      let bytes: number
      if (first >= 0x80) {
        // Indexed field (section 6.1)
        const index = reader.integer(first, 0x7f)
        if (index <= STATIC_LENGTH) {
          if (index === 0) throw new HpackError('a field has index 0')
          name = STATIC_NAMES[index]!
          value = STATIC_VALUES[index]!
          bytes = name.length + value.length + ENTRY_OVERHEAD_BYTES
        } else {
          const entry = this.#entry(index)
          name = entry.name
          value = entry.value
          bytes = entry.bytes
        }
      } else if (first >= 0x40) {
        // Literal with incremental indexing (section 6.2.1)
        const index = reader.integer(first, 0x3f)
        name = index === 0 ? reader.text() : this.#name(index)
        value = reader.text()
        bytes = name.length + value.length + ENTRY_OVERHEAD_BYTES
        table.insert({ name, value, bytes })
      } else if (first >= 0x20) {
        throw new HpackError('a table size update follows a field')
      } else {
        // Literal without indexing, or never indexed (sections 6.2.2 and 6.2.3)
        const index = reader.integer(first, 0x0f)
        if (!isWithinLimits) {
          if (index === 0) reader.skipText()
          else this.#name(index)
          reader.skipText()
          continue
        }
        name = index === 0 ? reader.text() : this.#name(index)
        value = reader.text()
        bytes = name.length + value.length + ENTRY_OVERHEAD_BYTES
      }
      if (!isWithinLimits) continue
      left -= bytes
      fieldsLeft--
      if (left < 0 || fieldsLeft < 0) isWithinLimits = false
      else onField(name, value, first >= 0x10 && first < 0x20)
    }
    return isWithinLimits
  }

  /** Follows the size updates that start a block (section 6.3); returns the first byte of the first field, or -1. */
  #sizeUpdates(reader: BlockReader): number {
    let first = reader.isAtEnd ? -1 : reader.byte()
    while (first >= 0x20 && first < 0x40) {
      const bytes = reader.integer(first, 0x1f)
      if (bytes > this.#maxTableBytes)
        throw new HpackError('a table size update is above the size that we announced')
      if (bytes <= this.#requiredTableBytes) this.#requiredTableBytes = Number.POSITIVE_INFINITY
      this.#table.resize(bytes)
      first = reader.isAtEnd ? -1 : reader.byte()
    }
    if (this.#requiredTableBytes !== Number.POSITIVE_INFINITY) {
      throw new HpackError('the table size update that our settings ask for is missing')
    }
    return first
  }

  #entry(index: number): TableEntry {
    if (index > STATIC_LENGTH + this.#table.length) throw new HpackError('an index is beyond the tables')
    return this.#table.at(index - STATIC_LENGTH - 1)
  }

  #name(index: number): string {
    return index <= STATIC_LENGTH ? STATIC_NAMES[index]! : this.#entry(index).name
  }
}
