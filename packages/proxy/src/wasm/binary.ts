import { wasmError } from './errors.ts'

/** A function type as the host's tables write it: `i` i32, `I` i64, `f` f32, `F` f64, `?` anything else; `params:results`. */
export type Signature = string

export interface ModuleImport {
  readonly module: string
  readonly name: string
  readonly kind: 'function' | 'table' | 'memory' | 'global' | 'tag'
  /** Of a function. */
  readonly signature: Signature | undefined
}

/** What a module says about itself, read from its bytes. */
export interface ModuleLayout {
  readonly imports: readonly ModuleImport[]
  /** Exported functions by name. */
  readonly functions: ReadonlyMap<string, Signature>
  /** Names of exported memories. */
  readonly memories: readonly string[]
  /** The module's own memory: pages it starts with, its limit, and where the declaration stands. */
  readonly memory: MemoryDeclaration | undefined
  readonly hasStart: boolean
}

export interface MemoryDeclaration {
  readonly minPages: number
  readonly maxPages: number | undefined
  readonly isShared: boolean
  /** Byte range of the whole section, its id included. */
  readonly sectionStart: number
  readonly sectionEnd: number
}

const EXTERNAL_KINDS = ['function', 'table', 'memory', 'global', 'tag'] as const
const VALUE_TYPES: Readonly<Record<number, string>> = { 127: 'i', 126: 'I', 125: 'f', 124: 'F' }
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/**
 * Reads the sections that say what a module needs and offers. The validator of the engine checks the rest.
 *
 * @throws BattenError PROXY_WASM_MALFORMED
 * @see https://webassembly.github.io/spec/core/binary/modules.html
 */
export function readLayout(bytes: Uint8Array): ModuleLayout {
  if (bytes.length < 8 || MAGIC.some((byte, index) => bytes[index] !== byte)) {
    const magic = MAGIC.slice(0, 4).every((byte, index) => bytes[index] === byte)
    if (magic && bytes.length >= 8) {
      throw wasmError(
        'PROXY_WASM_MALFORMED',
        'this is a WebAssembly component or of an unknown version, not a module of version 1',
        'build the filter as a core module',
      )
    }
    throw wasmError(
      'PROXY_WASM_MALFORMED',
      `this is not a WebAssembly module (${bytes.length} bytes)`,
      'a module starts with the bytes 00 61 73 6d; is this the right file?',
    )
  }
  const reader = new SectionReader(bytes)
  reader.at = 8
  const types: Signature[] = []
  const imports: ModuleImport[] = []
  const functionTypes: number[] = []
  const functions = new Map<string, Signature>()
  const memories: string[] = []
  let memory: MemoryDeclaration | undefined
  let hasStart = false
  while (reader.at < bytes.length) {
    const sectionStart = reader.at
    const id = reader.byte()
    const size = reader.u32()
    const sectionEnd = reader.at + size
    if (sectionEnd > bytes.length) throw truncated(bytes.length, sectionEnd)
    if (id === 1) reader.list(() => types.push(reader.functionType()))
    else if (id === 2) {
      reader.list(() => {
        const found = reader.importEntry(types)
        if (found.typeIndex !== undefined) functionTypes.push(found.typeIndex)
        imports.push(found)
      })
    } else if (id === 3) reader.list(() => functionTypes.push(reader.u32()))
    else if (id === 5) {
      reader.list(() => {
        memory ??= { ...reader.limits(), sectionStart, sectionEnd }
      })
    } else if (id === 7) {
      reader.list(() => {
        const name = reader.name()
        const kind = EXTERNAL_KINDS[reader.byte()]
        const index = reader.u32()
        if (kind === 'memory') memories.push(name)
        if (kind !== 'function') return
        functions.set(name, types[functionTypes[index] ?? -1] ?? '?')
      })
    } else if (id === 8) hasStart = true
    reader.at = sectionEnd
  }
  return { imports, functions, memories, memory, hasStart }
}

/** The bytes with another limit on the module's memory; the module must have a memory of its own. */
export function withMemoryLimit(
  bytes: Uint8Array,
  memory: MemoryDeclaration,
  maxPages: number,
): Uint8Array<ArrayBuffer> {
  const body = [1, memory.isShared ? 3 : 1, ...leb(memory.minPages), ...leb(maxPages)]
  const section = [5, ...leb(body.length), ...body]
  const tail = bytes.length - memory.sectionEnd
  const limited = new Uint8Array(memory.sectionStart + section.length + tail)
  limited.set(bytes.subarray(0, memory.sectionStart))
  limited.set(section, memory.sectionStart)
  limited.set(bytes.subarray(memory.sectionEnd), memory.sectionStart + section.length)
  return limited
}

function leb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const more = rest > 127
    bytes.push((rest & 127) | (more ? 128 : 0))
    rest >>>= 7
  } while (rest > 0)
  return bytes
}

function truncated(length: number, wanted: number): Error {
  return wasmError(
    'PROXY_WASM_MALFORMED',
    `the module is truncated: it has ${length} bytes, and its sections need at least ${wanted}`,
    'fetch or build it again; compare its sha256',
  )
}

const text = new TextDecoder()

class SectionReader {
  at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  byte(): number {
    const byte = this.#bytes[this.at]
    if (byte === undefined) throw truncated(this.#bytes.length, this.at + 1)
    this.at++
    return byte
  }

  u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
    throw wasmError(
      'PROXY_WASM_MALFORMED',
      `the module has a number with too many bytes at offset ${this.at}`,
    )
  }

  name(): string {
    const size = this.u32()
    const start = this.at
    this.at += size
    if (this.at > this.#bytes.length) throw truncated(this.#bytes.length, this.at)
    return text.decode(this.#bytes.subarray(start, this.at))
  }

  list(item: () => void): void {
    const count = this.u32()
    for (let i = 0; i < count; i++) item()
  }

  functionType(): Signature {
    if (this.byte() !== 0x60) {
      throw wasmError('PROXY_WASM_MALFORMED', 'the module uses type definitions that are not functions')
    }
    return `${this.#valueTypes()}:${this.#valueTypes()}`
  }

  importEntry(types: readonly Signature[]): ModuleImport & { readonly typeIndex: number | undefined } {
    const module = this.name()
    const name = this.name()
    const kind = EXTERNAL_KINDS[this.byte()]
    let typeIndex: number | undefined
    if (kind === 'function') typeIndex = this.u32()
    else if (kind === 'table') {
      this.byte()
      this.limits()
    } else if (kind === 'memory') this.limits()
    else if (kind === 'global') {
      this.byte()
      this.byte()
    } else if (kind === 'tag') {
      this.byte()
      this.u32()
    } else throw wasmError('PROXY_WASM_MALFORMED', `the import ${module}.${name} is of an unknown kind`)
    return {
      module,
      name,
      kind,
      signature: typeIndex === undefined ? undefined : types[typeIndex],
      typeIndex,
    }
  }

  limits(): { minPages: number; maxPages: number | undefined; isShared: boolean } {
    const flags = this.byte()
    if (flags > 3) throw wasmError('PROXY_WASM_MALFORMED', 'the module has a memory with 64-bit addresses')
    const minPages = this.u32()
    return { minPages, maxPages: (flags & 1) === 0 ? undefined : this.u32(), isShared: (flags & 2) !== 0 }
  }

  #valueTypes(): string {
    let signature = ''
    this.list(() => {
      signature += VALUE_TYPES[this.byte()] ?? '?'
    })
    return signature
  }
}
