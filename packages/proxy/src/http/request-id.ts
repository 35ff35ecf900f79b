import { randomFillSync } from 'node:crypto'
import { latin1Of } from '../network/latin1.ts'

/** Random bytes are asked for this many ids at a time: the generator takes as long for one id as for all of these. */
const IDS = 256
/**
 * Ids are made into text this many at a time. The text lives as long as the last request that has a part of it: more ids
 * a text would reach V8's old generation, where they stay until a full collection (200 KB/s at 18,000 requests/s).
 */
const IDS_A_TEXT = 8
const ID_BYTES = 16
const UUID_LENGTH = 36
const HEX = Buffer.from('0123456789abcdef')

const randomBytes = new Uint8Array(IDS * ID_BYTES)
const rendered = Buffer.alloc(IDS_A_TEXT * UUID_LENGTH, '-')
let unusedBytesAt = randomBytes.length
let text = ''
let nextAt = rendered.length

/**
 * A random UUID (version 4) for `x-request-id`, from the system's secure generator. Made in batches: one such id costs a
 * third of `crypto.randomUUID()`.
 */
export function createRequestId(): string {
  if (nextAt === rendered.length) renderText()
  const at = nextAt
  nextAt += UUID_LENGTH
  return text.slice(at, nextAt)
}

function renderText(): void {
  if (unusedBytesAt === randomBytes.length) {
    randomFillSync(randomBytes)
    unusedBytesAt = 0
  }
  for (let at = 0; at < rendered.length; at += UUID_LENGTH) {
    render(unusedBytesAt, at)
    unusedBytesAt += ID_BYTES
  }
  text = latin1Of(rendered, 0, rendered.length)
  nextAt = 0
}

function render(from: number, to: number): void {
  randomBytes[from + 6] = (randomBytes[from + 6]! & 0x0f) | 0x40
  randomBytes[from + 8] = (randomBytes[from + 8]! & 0x3f) | 0x80
  let at = to
  for (let i = 0; i < 16; i++) {
    // The dash is there already.
    if (i === 4 || i === 6 || i === 8 || i === 10) at++
    const byte = randomBytes[from + i]!
    rendered[at++] = HEX[byte >> 4]!
    rendered[at++] = HEX[byte & 15]!
  }
}
