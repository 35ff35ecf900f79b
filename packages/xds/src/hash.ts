import xxhash from 'xxhash-wasm'

// A WebAssembly module of 3 KB that is compiled once; nobody should have to await a hash.
const { h64Raw, h64 } = await xxhash()

/**
 * The version of a resource: xxh64 of its bytes, as 16 hex digits. Equal bytes have equal versions, in every process,
 * so a reconnecting node can say what it has and get only what differs.
 */
export function contentVersion(bytes: Uint8Array): string {
  return h64Raw(bytes).toString(16).padStart(16, '0')
}

/** xxh64 of bytes, as Envoy uses it for ring hash and maglev. */
export function xxh64(bytes: Uint8Array, seed = 0n): bigint {
  return h64Raw(bytes, seed)
}

/** xxh64 of a string's UTF-8 bytes. */
export function xxh64Text(text: string, seed = 0n): bigint {
  return h64(text, seed)
}
