import { BattenError } from '@batten/core'
import type protobuf from 'protobufjs/minimal.js'

/** Deepest nesting of messages that is read or written, as in other protobuf implementations. */
export const MAX_DEPTH = 100

/** Called for every field that a decoder does not know. */
export type UnknownFieldListener = (message: string, fieldNumber: number) => void

let unknownFieldListener: UnknownFieldListener | undefined

/** Runs `action` with a listener for unknown fields. Decoding is synchronous, so a module variable is safe. */
export function withUnknownFields<T>(listener: UnknownFieldListener, action: () => T): T {
  const outer = unknownFieldListener
  unknownFieldListener = listener
  try {
    return action()
  } finally {
    unknownFieldListener = outer
  }
}

/** Skips a field that the message does not have, or that has another wire type than it should. */
export function skipField(reader: protobuf.Reader, tag: number, message: string): void {
  const number = tag >>> 3
  if (number === 0) throw new RangeError('field number 0')
  unknownFieldListener?.(message, number)
  reader.skipType(tag & 7, 0, number)
}

/** End of a length-delimited field, checked against the end of the message around it. */
export function readEnd(reader: protobuf.Reader, end: number): number {
  const fieldEnd = reader.uint32() + reader.pos
  if (fieldEnd > end) throw truncated()
  return fieldEnd
}

/** A view on the input, not a copy: large inline values (certificates, Wasm code) are not moved. */
export function readBytes(reader: protobuf.Reader): Uint8Array {
  const end = readEnd(reader, reader.len)
  const { buf, pos } = reader
  reader.pos = end
  return new Uint8Array(buf.buffer, buf.byteOffset + pos, end - pos)
}

/** A 64-bit integer as protobufjs has it: two halves. */
interface Halves {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

/** A 64-bit integer as a number, or as a bigint when a number would round it. */
export function narrow(value: Halves | number): number | bigint {
  if (typeof value === 'number') return value
  const { low, high, unsigned } = value
  if (high === 0) return low >>> 0
  const asNumber = (unsigned ? high >>> 0 : high) * 4_294_967_296 + (low >>> 0)
  if (Number.isSafeInteger(asNumber)) return asNumber
  const exact = (BigInt(high) << 32n) | BigInt(low >>> 0)
  return unsigned ? BigInt.asUintN(64, exact) : exact
}

/** What protobufjs writers take for a 64-bit integer. */
export function widen(value: number | bigint, unsigned: boolean): Halves | number {
  if (typeof value === 'number') return value
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned }
}

/** Sets a map entry; `__proto__` is a legal key of a map, and must not set a prototype. */
export function setEntry(
  map: Record<string, unknown>,
  key: string | number | bigint | boolean,
  value: unknown,
): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true })
  else map[String(key)] = value
}

/** Map keys in the order in which they are written: the same map gives the same bytes. */
export function sortedKeys(map: Record<string, unknown>): string[] {
  const keys = Object.keys(map)
  return keys.length > 1 ? keys.sort() : keys
}

export function truncated(): RangeError {
  return new RangeError('a length goes beyond the end of the message')
}

export function tooDeep(): RangeError {
  return new RangeError(`messages nested deeper than ${MAX_DEPTH}`)
}

/** An encoder met a value of the wrong type. */
export function badValue(message: string, field: string, expected: string, value: unknown): BattenError {
  const shown = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
  const text = typeof value === 'string' || typeof value === 'number' ? ` ${JSON.stringify(value)}` : ''
  return new BattenError('XDS_ENCODE_FAILED', {
    message: `${message}.${field}: expected ${expected}, got ${shown}${text.length > 80 ? '' : text}`,
    where: `${message}.${field}`,
  })
}
