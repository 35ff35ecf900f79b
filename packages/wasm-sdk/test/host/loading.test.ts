import { BattenError } from '@batten/core'
import { compileWasmModule } from '@batten/proxy/wasm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { assemble, guest, LOG } from '../support/guest.ts'

const valid = guest({ imports: LOG, body: '(func (export "proxy_on_tick") (param i32))' })

function loadError(bytes: Uint8Array, maxMemoryBytes = 1 << 20): { code: string; message: string } {
  try {
    compileWasmModule(bytes, { maxMemoryBytes })
  } catch (error) {
    if (error instanceof BattenError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('the module was accepted')
}

it.each([
  ['0_1_0', '0.1.0'],
  ['0_2_0', '0.2.0'],
  ['0_2_1', '0.2.1'],
])('accepts a module that exports proxy_abi_version_%s', (abi, version) => {
  expect(compileWasmModule(guest({ abi }))).toMatchObject({
    abi: version,
    sha256: expect.stringMatching(/^\w{64}$/),
  })
})

it('compiles the same bytes once', () => {
  expect(compileWasmModule(valid)).toBe(compileWasmModule(new Uint8Array(valid)))
  expect(compileWasmModule(valid, { maxMemoryBytes: 1 << 20 })).not.toBe(compileWasmModule(valid))
})

it.each<[string, Uint8Array, string, string]>([
  ['nothing', new Uint8Array(0), 'PROXY_WASM_MALFORMED', 'this is not a WebAssembly module (0 bytes)'],
  [
    'a text',
    Buffer.from('<html></html>'),
    'PROXY_WASM_MALFORMED',
    'this is not a WebAssembly module (13 bytes)',
  ],
  [
    'a component',
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0),
    'PROXY_WASM_MALFORMED',
    'this is a WebAssembly component or of an unknown version, not a module of version 1',
  ],
  [
    'half a module',
    valid.subarray(0, 70),
    'PROXY_WASM_MALFORMED',
    'the module is truncated: it has 70 bytes, and its sections need at least 71',
  ],
  [
    'a module without the mark of an ABI',
    assemble('(module (memory (export "memory") 1))'),
    'PROXY_WASM_ABI',
    'the module does not say which Proxy-Wasm ABI it is for (it exports no proxy_abi_version_*)',
  ],
  [
    'a module for an ABI that does not exist',
    guest({ abi: '0_3_0' }),
    'PROXY_WASM_ABI',
    'the module is for a Proxy-Wasm ABI that is not supported (proxy_abi_version_0_3_0)',
  ],
  [
    'functions that the host does not have, naming all of them',
    guest({
      imports: `(import "env" "proxy_nothing" (func (param i32) (result i32)))
        (import "env" "abort" (func (param i32 i32 i32 i32)))
        (import "wasi_snapshot_preview1" "sock_open" (func (result i32)))
        (import "env" "table" (table 1 funcref))`,
    }),
    'PROXY_WASM_IMPORTS',
    'the module needs functions that this proxy does not have in ABI 0.2.1: env.proxy_nothing, env.abort, wasi_snapshot_preview1.sock_open, env.table (a table)',
  ],
  [
    'a function of another ABI',
    guest({ imports: '(import "env" "proxy_continue_request" (func (result i32)))' }),
    'PROXY_WASM_IMPORTS',
    'the module needs functions that this proxy does not have in ABI 0.2.1: env.proxy_continue_request',
  ],
  [
    'a function with other parameters',
    guest({ imports: '(import "env" "proxy_record_metric" (func (param i32 i32) (result i32)))' }),
    'PROXY_WASM_IMPORTS',
    'the module imports functions with a wrong signature: env.proxy_record_metric',
  ],
  [
    'a module that keeps its memory to itself',
    guest({ memory: '(memory 1)' }),
    'PROXY_WASM_EXPORTS',
    'the module does not export its memory',
  ],
  [
    'a module without an allocator',
    assemble('(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1")))'),
    'PROXY_WASM_EXPORTS',
    'the module exports neither malloc nor proxy_on_memory_allocate',
  ],
  [
    'a callback with other parameters',
    guest({ body: '(func (export "proxy_on_request_headers") (param i32 i32) (result i32) (i32.const 0))' }),
    'PROXY_WASM_EXPORTS',
    'the module exports proxy_on_request_headers with the signature (ii:i), ABI 0.2.1 has (iii:i)',
  ],
  [
    'a module that starts with more memory than it may have',
    guest({ memory: '(memory (export "memory") 17)' }),
    'PROXY_WASM_MEMORY',
    'the module starts with 1114112 bytes of memory, 1048576 are allowed',
  ],
])('refuses %s', (_title, bytes, code, message) => {
  expect(loadError(bytes)).toEqual({ code, message })
})

it('takes the parameters that ABI 0.1.0 gives to header callbacks', () => {
  const body = '(func (export "proxy_on_request_headers") (param i32 i32) (result i32) (i32.const 0))'
  const imports = '(import "env" "proxy_continue_request" (func))'
  expect(compileWasmModule(guest({ abi: '0_1_0', imports, body })).abi).toBe('0.1.0')
})

it('refuses every beginning of a module with an error of ours', () => {
  for (let length = 0; length < valid.length; length++) {
    expect(loadError(valid.subarray(0, length)).code).toMatch(/^PROXY_WASM_/)
  }
})

it('takes or refuses damaged modules, and never fails otherwise', () => {
  const damage = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(damage, (changes) => {
      const bytes = new Uint8Array(valid)
      for (const [at, byte] of changes) bytes[at] = byte
      try {
        compileWasmModule(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(BattenError)
      }
    }),
    { numRuns: 500 },
  )
})
