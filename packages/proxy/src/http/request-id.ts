import { randomFillSync } from 'node:crypto'
import { latin1Of } from './codec/latin1.ts'

const BATCH = 128
const UUID_LENGTH = 36
const HEX = Buffer.from('0123456789abcdef')
const DASHES = [8, 13, 18, 23] as const

const randomBytes = new Uint8Array(BATCH * 16)
const rendered = Buffer.alloc(BATCH * UUID_LENGTH)
let texts = ''
let next = BATCH

/**
 * A random UUID (version 4) for `x-request-id`, from the system's secure generator. Made in batches: one such id costs a
 * third of `crypto.randomUUID()`.
 */
export function createRequestId(): string {
  if (next === BATCH) renderBatch()
  const at = next++ * UUID_LENGTH
  return texts.slice(at, at + UUID_LENGTH)
}

function renderBatch(): void {
  randomFillSync(randomBytes)
  for (let i = 0; i < BATCH; i++) render(i * 16, i * UUID_LENGTH)
  texts = latin1Of(rendered, 0, rendered.length)
  next = 0
}

function render(from: number, to: number): void {
  randomBytes[from + 6] = (randomBytes[from + 6]! & 0x0f) | 0x40
  randomBytes[from + 8] = (randomBytes[from + 8]! & 0x3f) | 0x80
  let at = to
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) at++
    const byte = randomBytes[from + i]!
    rendered[at++] = HEX[byte >> 4]!
    rendered[at++] = HEX[byte & 15]!
  }
  for (const dash of DASHES) rendered[to + dash] = 0x2d
}
