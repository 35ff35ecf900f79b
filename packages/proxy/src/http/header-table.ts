import type { HeaderMap, RequestHeaders, ResponseHeaders } from './header-map.ts'
import { HEADER_NAMES, Header, headerId, highBit, lowBit } from './known-headers.ts'

/** Bits of the first number of a field in {@link HeaderTable.cuts}: id (6 bits), two flags, then the name's length. */
const ID_MASK = 63
/** The field stands in the text exactly as it would be printed: `name: value`. */
export const FIELD_VERBATIM = 64
const FIELD_REMOVED = 128
export const FIELD_NAME_SHIFT = 8

const UNSAFE = /[^\t\x20-\x7e\x80-\xff]/
const UNSAFE_ALL = /[^\t\x20-\x7e\x80-\xff]/g
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const NO_VALUES: readonly string[] = []

/**
 * Header fields as the HTTP/1 codec keeps them: one latin1 text of the whole head with *cuts* into it, and a list of
 * what was added since. Nothing is sliced until somebody asks for it, and fields that nobody touched are printed as one
 * slice of the text they arrived in.
 */
export class HeaderTable implements HeaderMap {
  /** The head as it arrived, names in lower case. */
  text = ''
  /** Four numbers a field: meta (id, flags, name length), start of the name, start and end of the value. */
  cuts: number[] = []
  /** What was added, three texts a field: name, value, and the printed line where that is kept (else empty). */
  #added: string[] = roomForAdded()
  /** How many of these texts are in use. */
  #addedLength = 0
  /** Presence bits of known names, ids 1..30 and 31..61. */
  low = 0
  high = 0
  #removed = 0

  get size(): number {
    return this.cuts.length / 4 - this.#removed + this.#addedLength / 3
  }

  get(name: string): string | undefined {
    const id = headerId(name)
    return id !== 0 ? this.getId(id) : this.#getUnknown(name)
  }

  /** {@link get} for a name with an id. */
  getId(id: number): string | undefined {
    if (!this.hasId(id)) return undefined
    const cuts = this.cuts
    for (let i = 0; i < cuts.length; i += 4) {
      const meta = cuts[i]!
      if ((meta & ID_MASK) === id && (meta & FIELD_REMOVED) === 0)
        return this.text.slice(cuts[i + 2]!, cuts[i + 3]!)
    }
    return this.#getAdded(HEADER_NAMES[id]!)
  }

  getAll(name: string): readonly string[] {
    const id = headerId(name)
    if (id !== 0 && !this.hasId(id)) return NO_VALUES
    const values: string[] = []
    const cuts = this.cuts
    for (let i = 0; i < cuts.length; i += 4)
      if (this.#isField(i, id, name)) values.push(this.text.slice(cuts[i + 2]!, cuts[i + 3]!))
    const added = this.#added
    for (let i = 0; i < this.#addedLength; i += 3) if (added[i] === name) values.push(added[i + 1]!)
    return values
  }

  has(name: string): boolean {
    const id = headerId(name)
    return id !== 0 ? this.hasId(id) : this.#getUnknown(name) !== undefined
  }

  hasId(id: number): boolean {
    return ((this.low & lowBit(id)) | (this.high & highBit(id))) !== 0
  }

  /** Whether any of the names of a mask is present. */
  hasAny(mask: { readonly low: number; readonly high: number }): boolean {
    return ((this.low & mask.low) | (this.high & mask.high)) !== 0
  }

  set(name: string, value: string): void {
    this.remove(name)
    this.add(name, value)
  }

  /** {@link set} for a name with an id and a value that is known to be printable. */
  setId(id: number, value: string): void {
    if (this.hasId(id)) this.removeId(id)
    this.#add(HEADER_NAMES[id]!, value, keptLine(id, value))
    this.low |= lowBit(id)
    this.high |= highBit(id)
  }

  /**
   * Adds one more field. What could break the wire format cannot get in: control characters of a value become spaces,
   * and a field whose name is not a token is dropped.
   */
  add(name: string, value: string): void {
    const id = headerId(name)
    if (id === 0 && !TOKEN.test(name)) return
    this.#add(name, printable(value), '')
    this.low |= lowBit(id)
    this.high |= highBit(id)
  }

  remove(name: string): boolean {
    const id = headerId(name)
    if (id !== 0) return this.removeId(id)
    const before = this.#removed
    const cuts = this.cuts
    for (let i = 0; i < cuts.length; i += 4) if (this.#isField(i, 0, name)) this.#removeField(i)
    return this.#removeAdded(name) || this.#removed !== before
  }

  /** {@link remove} for a name with an id. */
  removeId(id: number): boolean {
    if (!this.hasId(id)) return false
    const cuts = this.cuts
    for (let i = 0; i < cuts.length; i += 4) {
      const meta = cuts[i]!
      if ((meta & ID_MASK) === id && (meta & FIELD_REMOVED) === 0) this.#removeField(i)
    }
    this.#removeAdded(HEADER_NAMES[id]!)
    this.low &= ~lowBit(id)
    this.high &= ~highBit(id)
    return true
  }

  forEach(callback: (name: string, value: string) => void): void {
    this.forEachPseudo(callback)
    const { text, cuts } = this
    for (let i = 0; i < cuts.length; i += 4) {
      const meta = cuts[i]!
      if ((meta & FIELD_REMOVED) !== 0) continue
      callback(this.#fieldName(i), text.slice(cuts[i + 2]!, cuts[i + 3]!))
    }
    for (let i = 0; i < this.#addedLength; i += 3) callback(this.#added[i]!, this.#added[i + 1]!)
  }

  get byteSize(): number {
    let bytes = 0
    this.forEach((name, value) => {
      bytes += name.length + value.length
    })
    return bytes
  }

  /** Calls back for the pseudo-headers. */
  protected forEachPseudo(_callback: (name: string, value: string) => void): void {}

  /** Takes over what the parser found in {@link text}. */
  setCuts(cuts: number[], low: number, high: number): void {
    this.cuts = cuts
    this.low = low
    this.high = high
  }

  /** Where the line of a field ends that stands first, right at `start` and as it would be printed; 0 when it does not. */
  endOfFirst(id: number, start: number): number {
    const { cuts } = this
    const isPrinted = (cuts[0]! & (ID_MASK | FIELD_VERBATIM)) === (id | FIELD_VERBATIM)
    return isPrinted && cuts[1] === start ? cuts[3]! + 2 : 0
  }

  /** All fields as HTTP/1 lines, each with its CRLF. Runs of untouched fields are one slice. */
  toLines(): string {
    const { text, cuts } = this
    let lines = ''
    let runStart = 0
    let runEnd = 0
    for (let i = 0; i < cuts.length; i += 4) {
      const meta = cuts[i]!
      if ((meta & FIELD_REMOVED) !== 0) continue
      const nameStart = cuts[i + 1]!
      const valueEnd = cuts[i + 3]!
      if ((meta & FIELD_VERBATIM) !== 0) {
        if (nameStart !== runEnd) {
          if (runEnd !== 0) lines += text.slice(runStart, runEnd)
          runStart = nameStart
        }
        runEnd = valueEnd + 2
        continue
      }
      if (runEnd !== 0) lines += text.slice(runStart, runEnd)
      runEnd = 0
      lines += `${this.#fieldName(i)}: ${text.slice(cuts[i + 2]!, valueEnd)}\r\n`
    }
    if (runEnd !== 0) lines += text.slice(runStart, runEnd)
    const added = this.#added
    for (let i = 0; i < this.#addedLength; i += 3) {
      const line = added[i + 2]!
      lines += line !== '' ? line : `${added[i]}: ${added[i + 1]}\r\n`
    }
    return lines
  }

  #fieldName(index: number): string {
    const meta = this.cuts[index]!
    const id = meta & ID_MASK
    if (id !== 0) return HEADER_NAMES[id]!
    const start = this.cuts[index + 1]!
    return this.text.slice(start, start + (meta >> FIELD_NAME_SHIFT))
  }

  #isField(index: number, id: number, name: string): boolean {
    const meta = this.cuts[index]!
    if ((meta & FIELD_REMOVED) !== 0 || (meta & ID_MASK) !== id) return false
    return (
      id !== 0 ||
      (meta >> FIELD_NAME_SHIFT === name.length && this.text.startsWith(name, this.cuts[index + 1]!))
    )
  }

  #removeField(index: number): void {
    this.cuts[index]! |= FIELD_REMOVED
    this.#removed++
  }

  #getUnknown(name: string): string | undefined {
    const cuts = this.cuts
    for (let i = 0; i < cuts.length; i += 4)
      if (this.#isField(i, 0, name)) return this.text.slice(cuts[i + 2]!, cuts[i + 3]!)
    return this.#getAdded(name)
  }

  #getAdded(name: string): string | undefined {
    const added = this.#added
    for (let i = 0; i < this.#addedLength; i += 3) if (added[i] === name) return added[i + 1]
    return undefined
  }

  #add(name: string, value: string, line: string): void {
    const at = this.#addedLength
    const added = this.#added
    added[at] = name
    added[at + 1] = value
    added[at + 2] = line
    this.#addedLength = at + 3
  }

  #removeAdded(name: string): boolean {
    const added = this.#added
    let kept = 0
    for (let i = 0; i < this.#addedLength; i += 3) {
      if (added[i] === name) continue
      added[kept] = added[i]!
      added[kept + 1] = added[i + 1]!
      added[kept + 2] = added[i + 2]!
      kept += 3
    }
    if (kept === this.#addedLength) return false
    added.fill('', kept, this.#addedLength)
    this.#addedLength = kept
    return true
  }
}

/** Room for three fields, which is what a request gets: a list that grows takes room for six at once. */
function roomForAdded(): string[] {
  return ['', '', '', '', '', '', '', '', '']
}

const MAX_KEPT_VALUE = 40
/** By id: the value that a known field was printed with last, and the line it gave. Most fields we add never change. */
const keptValues: (string | undefined)[] = HEADER_NAMES.map(() => undefined)
const keptLines: string[] = HEADER_NAMES.map(() => '')

/** `name: value` with its CRLF, if it is likely to be printed again; else empty. */
function keptLine(id: number, value: string): string {
  if (keptValues[id] === value) return keptLines[id]!
  if (id === Header.requestId || value.length > MAX_KEPT_VALUE) return ''
  const line = `${HEADER_NAMES[id]}: ${value}\r\n`
  // Reading a character makes V8 put the pieces together: once here, and not each time that it is written.
  line.charCodeAt(0)
  keptValues[id] = value
  keptLines[id] = line
  return line
}

const METHOD = ':method'
const PATH = ':path'
const AUTHORITY = ':authority'
const SCHEME = ':scheme'
const STATUS = ':status'
const COLON = 0x3a

/** A field value without what would end the line early; one code unit a byte. */
function printable(value: string): string {
  return UNSAFE.test(value) ? value.replace(UNSAFE_ALL, ' ') : value
}

/** Request fields. `host` is the same thing as `:authority`, as in Envoy. */
export class RequestHeaderTable extends HeaderTable implements RequestHeaders {
  method = ''
  path = ''
  authority = ''
  scheme = ''
  /** These as they passed the parser: the codec checks path and authority again when they differ. */
  parsedMethod = ''
  parsedPath = ''
  parsedAuthority = ''
  /** Where request line and host end in {@link text}, if it begins with them just as they would be printed; else 0. */
  startEnd = 0

  /** Request line and host as they arrived; undefined when they were not so, or something has changed since. */
  get unchangedStart(): string | undefined {
    if (
      this.startEnd === 0 ||
      this.path !== this.parsedPath ||
      this.authority !== this.parsedAuthority ||
      this.method !== this.parsedMethod
    )
      return undefined
    return this.text.slice(0, this.startEnd)
  }

  override get(name: string): string | undefined {
    if (name.charCodeAt(0) !== COLON && name !== 'host') return super.get(name)
    return this.#pseudo(name)
  }

  override getAll(name: string): readonly string[] {
    if (name.charCodeAt(0) !== COLON && name !== 'host') return super.getAll(name)
    const value = this.#pseudo(name)
    return value === undefined ? NO_VALUES : [value]
  }

  override has(name: string): boolean {
    if (name.charCodeAt(0) !== COLON && name !== 'host') return super.has(name)
    return this.#pseudo(name) !== undefined
  }

  override set(name: string, value: string): void {
    if (name === METHOD) this.method = value
    else if (name === PATH) this.path = value
    else if (name === AUTHORITY || name === 'host') this.authority = value
    else if (name === SCHEME) this.scheme = value
    else if (name.charCodeAt(0) !== COLON) super.set(name, value)
  }

  override add(name: string, value: string): void {
    if (name.charCodeAt(0) === COLON || name === 'host') this.set(name, value)
    else super.add(name, value)
  }

  /** A pseudo-header cannot be removed: the request could not be sent without it. */
  override remove(name: string): boolean {
    return name.charCodeAt(0) !== COLON && name !== 'host' && super.remove(name)
  }

  protected override forEachPseudo(callback: (name: string, value: string) => void): void {
    if (this.authority !== '') callback(AUTHORITY, this.authority)
    if (this.path !== '') callback(PATH, this.path)
    if (this.method !== '') callback(METHOD, this.method)
    if (this.scheme !== '') callback(SCHEME, this.scheme)
  }

  /** An empty one is not there: CONNECT has no path, a refused head has nothing. */
  #pseudo(name: string): string | undefined {
    let value = ''
    if (name === AUTHORITY || name === 'host') value = this.authority
    else if (name === PATH) value = this.path
    else if (name === METHOD) value = this.method
    else if (name === SCHEME) value = this.scheme
    return value === '' ? undefined : value
  }
}

/** Response fields and their status. */
export class ResponseHeaderTable extends HeaderTable implements ResponseHeaders {
  status: number

  constructor(status = 0) {
    super()
    this.status = status
  }

  override get(name: string): string | undefined {
    return name === STATUS ? String(this.status) : super.get(name)
  }

  override getAll(name: string): readonly string[] {
    return name === STATUS ? [String(this.status)] : super.getAll(name)
  }

  override has(name: string): boolean {
    return name === STATUS || super.has(name)
  }

  override set(name: string, value: string): void {
    if (name === STATUS) this.#setStatus(value)
    else super.set(name, value)
  }

  override add(name: string, value: string): void {
    if (name === STATUS) this.#setStatus(value)
    else super.add(name, value)
  }

  override remove(name: string): boolean {
    return name !== STATUS && super.remove(name)
  }

  protected override forEachPseudo(callback: (name: string, value: string) => void): void {
    callback(STATUS, String(this.status))
  }

  #setStatus(value: string): void {
    if (/^[2-5]\d\d$/.test(value)) this.status = Number(value)
  }
}
