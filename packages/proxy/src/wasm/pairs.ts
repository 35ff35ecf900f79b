import { type TextBuffer, textBuffer } from './engine.ts'
import type { GuestMap } from './guest-context.ts'
import type { WasmVm } from './vm.ts'

/** Limits of what a guest hands over; beyond them it is an empty list, as in Envoy. */
const MAX_BYTES = 1024 * 1024
const MAX_PAIRS = 1024

/** Names and values in turn; filled by {@link collect} so that reading a map makes no closure. */
const collected: string[] = []

function collect(name: string, value: string): void {
  collected.push(name, value)
}

/**
 * Hands a map over in the form of the ABI: a count, the sizes, then `name\0value\0` for each. An empty map is no bytes
 * at all. False when the guest's memory does not allow it.
 */
export function givePairs(vm: WasmVm, map: GuestMap, pointerAt: number, sizeAt: number): boolean {
  collected.length = 0
  map.forEach(collect)
  return giveCollected(vm, pointerAt, sizeAt)
}

function giveCollected(vm: WasmVm, pointerAt: number, sizeAt: number): boolean {
  const count = collected.length
  let size = 0
  if (count > 0) {
    size = 4 + count * 5
    for (let i = 0; i < count; i++) size += collected[i]!.length
  }
  let at = 0
  if (size > 0) {
    at = vm.allocate(size)
    if (at === 0) return false
    writeCollected(vm.bytes, vm.view, at)
  }
  if (!vm.has(pointerAt, 4) || !vm.has(sizeAt, 4)) return false
  vm.view.setUint32(pointerAt, at, true)
  vm.view.setUint32(sizeAt, size, true)
  return true
}

function writeCollected(bytes: TextBuffer, view: DataView, at: number): void {
  const count = collected.length
  view.setUint32(at, count / 2, true)
  let text = ''
  for (let i = 0; i < count; i++) {
    const part = collected[i]!
    view.setUint32(at + 4 + i * 4, part.length, true)
    text += `${part}\0`
  }
  bytes.latin1Write(text, at + 4 + count * 4, text.length)
}

/** The same form as bytes of its own: values of map properties. Text is latin1. */
export function encodePairs(pairs: readonly (readonly [string, string])[]): Uint8Array {
  if (pairs.length === 0) return new Uint8Array(0)
  collected.length = 0
  for (const [name, value] of pairs) collected.push(name, value)
  let size = 4 + collected.length * 5
  for (const part of collected) size += part.length
  const bytes = textBuffer(new ArrayBuffer(size))
  writeCollected(bytes, new DataView(bytes.buffer, bytes.byteOffset, size), 0)
  return bytes
}

/**
 * Reads a list that the guest hands over: names and values in turn. Anything malformed, over 1 MiB or over 1024 pairs
 * reads as an empty list.
 *
 * Differs from spec: a malformed list is no error, as in Envoy.
 */
export function readPairs(vm: WasmVm, at: number, size: number): string[] {
  if (size < 4 || size > MAX_BYTES) return []
  const view = vm.view
  const bytes = vm.bytes
  const count = view.getUint32(at, true)
  const end = at + size
  let data = at + 4 + count * 8
  if (count > MAX_PAIRS || data > end) return []
  const pairs: string[] = []
  for (let i = 0; i < count * 2; i++) {
    const length = view.getUint32(at + 4 + i * 4, true)
    const next = data + length + 1
    if (next > end || bytes[next - 1] !== 0) return []
    pairs.push(vm.readLatin1(data, length))
    data = next
  }
  return data === end ? pairs : []
}
