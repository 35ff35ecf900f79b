import { hash } from 'node:crypto'

/**
 * The version of a resource: the first 64 bits of its bytes' SHA-256, as 16 hex digits. Equal bytes have equal
 * versions, in every process, so a reconnecting node can say what it has and get only what differs.
 *
 * @example contentVersion(new Uint8Array()) // 'e3b0c44298fc1c14'
 */
export function contentVersion(bytes: Uint8Array): string {
  return hash('sha256', bytes).slice(0, 16)
}
