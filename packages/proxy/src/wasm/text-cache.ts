import type { TextBuffer } from './engine.ts'

/**
 * Short texts that guests pass again and again (header names, property paths), by their bytes: looking one up is half
 * the cost of making a new string, and equal names are the same string for the maps that they go to.
 */
const SLOTS = 512
const cache: string[] = new Array(SLOTS).fill('')

/** The latin1 text of a short range of a buffer. */
export function internLatin1(bytes: TextBuffer, at: number, size: number): string {
  let hash = size
  const end = at + size
  for (let i = at; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  const slot = (hash ^ (hash >>> 9)) & (SLOTS - 1)
  const known = cache[slot]!
  if (known.length === size && isText(known, bytes, at)) return known
  const text = bytes.latin1Slice(at, end)
  cache[slot] = text
  return text
}

const lowerCased: string[] = new Array(SLOTS).fill('')

/** {@link internLatin1} in lower case, for header names: nearly always they are already. */
export function internName(bytes: TextBuffer, at: number, size: number): string {
  let hash = size
  const end = at + size
  for (let i = at; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  const slot = (hash ^ (hash >>> 9)) & (SLOTS - 1)
  const known = lowerCased[slot]!
  if (known.length === size && isText(known, bytes, at)) return known
  const text = bytes.latin1Slice(at, end).toLowerCase()
  lowerCased[slot] = text
  return text
}

function isText(text: string, bytes: Buffer, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false
  return true
}
