/**
 * The parts of the JavaScript WebAssembly interface that the host uses, and of Buffer; Node has them, its type
 * definitions do not (they come with the DOM's otherwise).
 */
export interface CompiledModule {
  readonly [Symbol.toStringTag]: 'WebAssembly.Module'
}

export interface GuestMemory {
  readonly buffer: ArrayBuffer
}

export type GuestImports = Record<string, Record<string, unknown>>

interface WebAssemblyApi {
  readonly Module: {
    new (bytes: Uint8Array<ArrayBuffer>): CompiledModule
    imports(module: CompiledModule): { readonly module: string; readonly name: string }[]
  }
  readonly Instance: {
    new (
      module: CompiledModule,
      imports: GuestImports,
    ): { readonly exports: Readonly<Record<string, unknown>> }
  }
}

export const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi }

/** A Buffer with its direct text functions: half the cost of `toString` and `write`. */
export interface TextBuffer extends Buffer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
  latin1Write(text: string, at: number, length: number): number
}

export function textBuffer(buffer: ArrayBuffer): TextBuffer {
  return Buffer.from(buffer) as TextBuffer
}
